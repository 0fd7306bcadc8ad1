import type { Database, Statement } from 'better-sqlite3';

import { EventsError } from '../error.ts';
import { storageError } from './storage-error.ts';

/**
 * The one way to write transactions in this process. TypeORM shares one connection among all callers, so a transaction
 * that awaits would swallow, and may undo, what others were told is durable; a synchronous one cannot be entered by others.
 */
export class Writer {
  readonly #db: Database;
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #rollback: Statement;

  constructor(db: Database) {
    this.#db = db;
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#rollback = db.prepare('ROLLBACK');
  }

  /** All of it or nothing; durable when it returns. */
  run<T>(work: () => T): T {
    if (this.#db.inTransaction)
      throw new EventsError('foreign-transaction', 'A transaction is open around the writer.');
    try {
      this.#begin.run();
      const result = work();
      this.#commit.run();
      return result;
    } catch (error) {
      // SQLite has rolled back by itself where the disk is full or broken.
      if (this.#db.inTransaction) this.#rollback.run();
      throw storageError(error);
    }
  }

  /**
   * All of it or nothing, but maybe not durable until the next durable commit: only for what is made of the log and keeps
   * its position in the same transaction, as it is then made again.
   */
  runDerived(work: () => void): void {
    this.#db.pragma('synchronous = NORMAL');
    try {
      this.run(work);
    } finally {
      this.#db.pragma('synchronous = FULL');
    }
  }
}
