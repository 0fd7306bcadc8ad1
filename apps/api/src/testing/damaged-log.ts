import { readFileSync, writeFileSync } from 'node:fs';

import Database from 'better-sqlite3';

/** Changes the database as somebody with root and SQL would: past the triggers that refuse it. */
export function tamper(file: string, sql: string): void {
  const db = new Database(file);
  db.exec(`DROP TRIGGER IF EXISTS event_no_update; DROP TRIGGER IF EXISTS event_no_delete; ${sql}`);
  db.close();
}

/** Flips one bit of a file where this text is first; throws where it is not. */
export function flipBit(file: string, text: string): void {
  const bytes = readFileSync(file);
  const at = bytes.indexOf(text);
  if (at < 0) throw new Error(`no "${text}" in ${file}`);
  bytes[at] = bytes[at]! ^ 1;
  writeFileSync(file, bytes);
}

/** Moves everything that is in the write-ahead log into the database file itself. */
export function settle(file: string): void {
  const db = new Database(file);
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}
