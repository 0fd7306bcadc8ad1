import type { Database } from 'better-sqlite3';

import { EventsError } from '../error.ts';
import type { EventStore } from '../store/store.ts';
import type { Writer } from '../store/writer.ts';
import { FollowerPosition } from './follower-position.ts';
import { ViewFollower } from './view-follower.ts';
import { tableOf } from './view-table.ts';

const batchEvents = 100;

export interface RebuildContext {
  readonly db: Database;
  readonly writer: Writer;
  readonly store: EventStore;
}

/**
 * Makes a view anew beside the old one, which stays readable and in step, and puts the rows in its place at once.
 * A failure leaves the old view as it was.
 */
export async function rebuildView(
  { db, writer, store }: RebuildContext,
  follower: ViewFollower,
  onProgress: (position: number) => void,
): Promise<void> {
  const table = tableOf(follower.view);
  const shadow = `rebuilt_${table}`;
  writer.runDerived(() => createShadow(db, table, shadow));
  try {
    const rebuilt = new ViewFollower(db, follower.view, shadow);
    const takePlace = (): void => {
      writer.runDerived(() => {
        db.exec(`DELETE FROM "${table}"; INSERT INTO "${table}" SELECT * FROM "${shadow}";`);
        new FollowerPosition(db, follower.view.name).store(rebuilt.position);
      });
      follower.advance(rebuilt.position);
      follower.failure = null;
    };
    for (;;) {
      onProgress(await take(writer, store, rebuilt));
      const size = await store.size();
      // Nothing is awaited from here on, so the old view cannot move past the new one.
      if (rebuilt.position >= Math.max(follower.position, size)) return takePlace();
      // Requests are served between two batches.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } catch (cause) {
    if (cause instanceof EventsError) throw cause;
    throw new EventsError('follower-failed', `${follower.view.name} cannot be rebuilt.`, { cause });
  } finally {
    writer.runDerived(() => db.exec(`DROP TABLE IF EXISTS "${shadow}"`));
  }
}

function createShadow(db: Database, table: string, shadow: string): void {
  const sql = db
    .prepare<[string], string>("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?")
    .pluck()
    .get(table)!;
  db.exec(`DROP TABLE IF EXISTS "${shadow}"`);
  db.exec(sql.replace(table, shadow));
}

async function take(writer: Writer, store: EventStore, rebuilt: ViewFollower): Promise<number> {
  const batch = await store.read(rebuilt.position, batchEvents);
  let position = rebuilt.position;
  writer.runDerived(() => {
    position = rebuilt.apply(batch);
  });
  rebuilt.advance(position);
  return position;
}
