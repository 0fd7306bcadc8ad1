import type { Database } from 'better-sqlite3';

import { EmbeddedStore } from './embedded-store.ts';
import type { NewRow } from './rows.ts';
import { storageError } from './storage-error.ts';
import type { EventStore } from './store.ts';
import type { StoredEntry, Tables } from './tables.ts';
import type { Writer } from './writer.ts';

/** The log in an SQLite file that is open already, its schema in place. */
export function openSqliteStore(db: Database, writer: Writer, clock?: () => Date): EventStore {
  return new EmbeddedStore(sqliteTables(db, writer), clock);
}

const cacheKibibytes = 64 * 1024;
/** 32 MiB at 4 KiB a page: a page that changes often is then copied to the database file seldom. */
const checkpointPages = 8192;

/** What the log needs of a database before anything else is done with it. */
export function prepareSqlite(db: Database): void {
  db.pragma('journal_mode = WAL');
  // better-sqlite3 opens a database that is in WAL mode already with NORMAL, which may lose the last commits.
  db.pragma('synchronous = FULL');
  db.pragma('busy_timeout = 5000');
  db.pragma('foreign_keys = ON');
  // The indexes are hit at random: with SQLite's 2 MB of cache their pages would be written over and over again.
  db.pragma(`cache_size = -${cacheKibibytes}`);
  db.pragma(`wal_autocheckpoint = ${checkpointPages}`);
}

export const schema = `
CREATE TABLE IF NOT EXISTS event (
  position INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  stream TEXT NOT NULL,
  type TEXT NOT NULL,
  entry BLOB NOT NULL CHECK (length(entry) <= 65535)
) STRICT;
CREATE INDEX IF NOT EXISTS event_stream ON event (stream, position);
CREATE TRIGGER IF NOT EXISTS event_no_update BEFORE UPDATE ON event
  BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS event_no_delete BEFORE DELETE ON event
  BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TABLE IF NOT EXISTS log_head (id INTEGER PRIMARY KEY CHECK (id = 1), size INTEGER NOT NULL) STRICT;
INSERT OR IGNORE INTO log_head VALUES (1, 0);
CREATE TABLE IF NOT EXISTS follower (
  name TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  shape TEXT NOT NULL
) STRICT;
`;

function sqliteTables(db: Database, writer: Writer): Tables {
  const size = db.prepare<[], number>('SELECT size FROM log_head').pluck();
  const setSize = db.prepare<[number]>('UPDATE log_head SET size = ?');
  const insert = db.prepare<[number, string, string, string, Uint8Array]>(
    'INSERT INTO event VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING',
  );
  const positionOf = db
    .prepare<[string], number>('SELECT position FROM event WHERE id = ?')
    .pluck();
  const last = db
    .prepare<[string], number | null>('SELECT max(position) FROM event WHERE stream = ?')
    .pluck();
  const readStream = db.prepare<[string, number, number], StoredEntry>(
    'SELECT position, entry FROM event WHERE stream = ? AND position >= ? ORDER BY position LIMIT ?',
  );
  const entry = db
    .prepare<[number], Uint8Array>('SELECT entry FROM event WHERE position = ?')
    .pluck();
  const entries = db
    .prepare<[number, number], Uint8Array>(
      'SELECT entry FROM event WHERE position >= ? AND position < ? ORDER BY position',
    )
    .pluck();
  return {
    transaction: (work) => writer.run(work),
    size: () => size.get()!,
    setSize: (value) => void setSize.run(value),
    insert: (position, row: NewRow) =>
      insert.run(position, row.id, row.stream, row.type, row.entry).changes === 1,
    positionOf: (id) => positionOf.get(id) ?? null,
    lastPosition: (stream) => last.get(stream) ?? -1,
    readStream: (stream, from, limit) => reading(() => readStream.all(stream, from, limit)),
    entry: (position) => reading(() => entry.get(position) ?? null),
    entries: (from, limit) => reading(() => entries.all(from, from + limit)),
    close: () => undefined,
  };
}

function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw storageError(error);
  }
}
