import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

import Database from 'better-sqlite3';

import { EventsError } from '../error.ts';
import { storageError } from './storage-error.ts';

/**
 * Claims a log's file for this process until the returned function is called or the process ends, however it ends:
 * the kernel drops the lock that SQLite holds on the side file.
 */
export function lockFile(file: string): () => void {
  mkdirSync(dirname(file), { recursive: true });
  const side = new Database(`${file}.lock`, { timeout: 0 });
  try {
    side.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    side.close();
    if (!isBusy(cause)) throw storageError(cause);
    throw new EventsError('log-in-use', `Another service has ${file} open.`, { cause });
  }
  return () => side.close();
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
}
