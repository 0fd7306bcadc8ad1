import { writeSync } from 'node:fs';

import Database from 'better-sqlite3';

import { fact, idOf } from '../testing/guest-story.ts';
import { openSqliteStore, schema } from './sqlite.ts';
import type { EventStore } from './store.ts';
import { Writer } from './writer.ts';

// A program that is killed: appends to the named log for ever, and prints what was acknowledged; an empty line comes first.
const [target = '', round = ''] = process.argv.slice(2);
writeSync(1, '\n');
await appendForEver(target.startsWith('postgres:') ? await postgres(target) : sqlite(target));

/** From many callers at once, some of them in batches; each line is a position and the id that is there. */
async function appendForEver(store: EventStore): Promise<void> {
  const callers = Array.from({ length: 8 }, async (_, caller) => {
    for (let n = 0; ; n += 1) {
      const ids = Array.from({ length: 1 + (caller % 4) * (n % 5) }, (__, place) =>
        idOf(`${round} ${caller} ${n} ${place}`),
      );
      const appended = await store.append(
        ids.map((id) => fact('service.stopped', 'service', {}, id)),
      );
      const lines = appended.map(({ position }, place) => `${position} ${ids[place]!}\n`);
      writeSync(1, lines.join(''));
    }
  });
  await Promise.all(callers);
}

/** Loaded here, as two hundred starts without it are faster. */
async function postgres(url: string): Promise<EventStore> {
  const { openPostgresConnection } = await import('./postgres-connection.ts');
  const { openPostgresStore } = await import('./postgres.ts');
  return openPostgresStore(openPostgresConnection(url));
}

/** As the service opens it, but checkpoints come often, so that some are hit. */
function sqlite(file: string): EventStore {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('wal_autocheckpoint = 64');
  db.exec(schema);
  return openSqliteStore(db, new Writer(db));
}
