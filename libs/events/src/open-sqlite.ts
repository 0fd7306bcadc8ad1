import Database from 'better-sqlite3';
import { DataSource } from 'typeorm';

import { EventsError } from './error.ts';
import { SqliteFollowers, treeSchema } from './follow/sqlite-followers.ts';
import type { LogOptions, OpenedDatabase } from './log.ts';
import { shapes } from './shapes.ts';
import { lockFile } from './store/file-lock.ts';
import { openSqliteStore, prepareSqlite, schema } from './store/sqlite.ts';
import { Turns } from './store/turns.ts';
import { Writer } from './store/writer.ts';
import { allViews } from './views/all.ts';

/** Opens a log in an SQLite file for this process alone. */
export async function openSqliteLog(options: LogOptions): Promise<OpenedDatabase> {
  const unlock = options.file === ':memory:' ? () => {} : lockFile(options.file);
  try {
    return await openLocked(options, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

async function openLocked(options: LogOptions, unlock: () => void): Promise<OpenedDatabase> {
  const { dataSource, db } = await openDatabase(options);
  const writer = new Writer(db);
  const store = openSqliteStore(db, writer, options.clock);
  const turns = new Turns();
  return {
    store,
    dataSource,
    database: new SqliteFollowers(db, writer),
    exclusively: (name, work) => turns.take(name, work),
    close: async () => {
      await store.close();
      if (dataSource.isInitialized) await dataSource.destroy();
      unlock();
    },
  };
}

async function openDatabase({ file, entities = [], migrations = [] }: LogOptions) {
  let handle: Database.Database | undefined;
  const dataSource = new DataSource({
    type: 'better-sqlite3',
    driver: Database,
    database: file,
    entities: [...allViews.map(({ entity }) => entity), ...entities],
    migrations: [...migrations],
    prepareDatabase: (db: Database.Database) => {
      handle = db;
      prepareSqlite(db);
    },
  });
  await dataSource.initialize();
  const db = handle!;
  try {
    assertDurable(db, file);
    db.exec(schema);
    db.exec(treeSchema);
    forgetChanged(db);
    await dataSource.runMigrations();
    await dataSource.synchronize();
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
  return { dataSource, db };
}

function assertDurable(db: Database.Database, file: string): void {
  const journal = db.pragma('journal_mode', { simple: true });
  const synchronous = db.pragma('synchronous', { simple: true });
  if (synchronous !== 2 || (file !== ':memory:' && journal !== 'wal'))
    throw new EventsError(
      'not-durable',
      `SQLite runs with journal_mode ${String(journal)} and synchronous ${String(synchronous)}.`,
    );
}

/** What is made of the log is not migrated where its shape is another now, but made anew. */
function forgetChanged(db: Database.Database): void {
  const known = db.prepare<[string], string>('SELECT shape FROM follower WHERE name = ?').pluck();
  for (const { name, shape, forget } of shapes()) {
    if (known.get(name) === shape) continue;
    if (forget !== null) db.exec(forget);
    db.prepare('INSERT OR REPLACE INTO follower (name, position, shape) VALUES (?, 0, ?)').run(
      name,
      shape,
    );
  }
}
