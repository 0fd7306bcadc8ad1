import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { JoinStates as Table, type JoinStateRow } from './tables.ts';

/** Most rows of one statement. */
const batchMax = 500;

const columns = ['guest', 'current', 'previous', 'nonce', 'boot', 'through'] as const;

interface Waiting {
  readonly row: JoinStateRow;
  readonly settle: (isAdvanced: boolean) => void;
  readonly fail: (error: unknown) => void;
}

/** The join state of each guest that ever showed one, as digests. */
@Injectable()
export class JoinStates {
  private waiting: Waiting[] = [];
  private isWriting = false;

  constructor(private readonly access: DataSource) {}

  async find(guest: string): Promise<JoinStateRow | null> {
    return this.access.getRepository(Table).findOneBy({ guest });
  }

  /**
   * Puts a new current state in the place of the one that was shown, or of none: exactly one of those who show the same one
   * at once, on whatever replica, does it. Those who come together share one statement, and its sync.
   */
  advance(row: JoinStateRow): Promise<boolean> {
    const advanced = new Promise<boolean>((settle, fail) => {
      this.waiting.push({ row, settle, fail });
    });
    if (!this.isWriting) void this.write();
    return advanced;
  }

  async forget(guest: string): Promise<void> {
    await this.access.getRepository(Table).delete({ guest });
  }

  private async write(): Promise<void> {
    this.isWriting = true;
    while (this.waiting.length > 0) {
      // What one commit of the log has let go on comes all at once.
      await new Promise((resolve) => setImmediate(resolve));
      const batch = this.takeBatch();
      try {
        const advanced = await this.upsert(batch.map(({ row }) => row));
        for (const { row, settle } of batch) settle(advanced.has(row.guest));
      } catch (error) {
        for (const { fail } of batch) fail(error);
      }
    }
    this.isWriting = false;
  }

  /** In the order of guests, so that replicas never wait for each other in a circle, and each guest once. */
  private takeBatch(): Waiting[] {
    const batch = new Map<string, Waiting>();
    const left: Waiting[] = [];
    for (const one of this.waiting) {
      const hasRoom = batch.size < batchMax && !batch.has(one.row.guest);
      if (hasRoom) batch.set(one.row.guest, one);
      else left.push(one);
    }
    this.waiting = left;
    return [...batch.values()].toSorted((a, b) => (a.row.guest < b.row.guest ? -1 : 1));
  }

  private async upsert(rows: readonly JoinStateRow[]): Promise<Set<string>> {
    const values = rows.map((row) => columns.map((column) => row[column]));
    const written: { guest: string }[] = await this.access.query(
      `INSERT INTO join_state (guest, current_hash, previous_hash, nonce, boot, through)
       VALUES ${this.places(rows.length)}
       ON CONFLICT (guest) DO UPDATE SET current_hash = excluded.current_hash, previous_hash = excluded.previous_hash,
         nonce = excluded.nonce, boot = excluded.boot, through = excluded.through
       WHERE join_state.current_hash = excluded.previous_hash
       RETURNING guest`,
      values.flat(),
    );
    return new Set(written.map(({ guest }) => guest));
  }

  private places(rows: number): string {
    const isPostgres = this.access.options.type === 'postgres';
    const place = (index: number): string => (isPostgres ? `$${index + 1}` : '?');
    const row = (first: number): string =>
      `(${columns.map((_, column) => place(first + column)).join(', ')})`;
    return Array.from({ length: rows }, (_, index) => row(index * columns.length)).join(', ');
  }
}
