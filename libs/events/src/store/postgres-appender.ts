import { setImmediate } from 'node:timers/promises';

import type pg from 'pg';

import { takeGroup } from './group-commit.ts';
import type { NewRow } from './rows.ts';
import { failsAll, storageError } from './storage-error.ts';
import type { Appended } from './store.ts';

/** Under which rows are appended: that their stream has no event after `last`. */
export interface Condition {
  readonly stream: string;
  readonly last: number;
}

interface Waiting {
  readonly rows: readonly NewRow[];
  readonly entries: number;
  /** Alone in its transaction, so that a condition that does not hold fails nobody else. */
  readonly isAlone: boolean;
  readonly condition: Condition | undefined;
  resolve(appended: Appended[] | null): void;
  reject(reason: unknown): void;
}

interface Answer {
  readonly base: number | null;
  readonly known_ids: string[] | null;
  readonly known_positions: number[] | null;
}

/** One commit for all who wait, one at a time; each hears of it after the commit, never before. */
export class PostgresAppender {
  readonly #pool: pg.Pool;
  readonly #committed: (size: number) => void;
  readonly #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #client: pg.PoolClient | undefined;

  /** `committed` hears the log's new size. */
  constructor(pool: pg.Pool, committed: (size: number) => void) {
    this.#pool = pool;
    this.#committed = committed;
  }

  /** All of the rows or none; null where the condition does not hold. */
  append(rows: readonly NewRow[], condition?: Condition): Promise<Appended[] | null> {
    return new Promise((resolve, reject) => {
      const isAlone = condition !== undefined;
      this.#waiting.push({ rows, entries: rows.length, isAlone, condition, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Settles all who wait, then gives its connection back. */
  async close(): Promise<void> {
    await this.#running;
    this.#client?.release();
    this.#client = undefined;
  }

  async #run(): Promise<void> {
    do {
      // Those who were answered just now append again first, so that they all go into the next commit.
      await setImmediate();
      await this.#commit(takeGroup(this.#waiting));
    } while (this.#waiting.length > 0);
    this.#running = undefined;
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    const batch = new Batch(group.flatMap(({ rows }) => rows));
    let answer: Answer;
    try {
      answer = await this.#send(batch, group[0]?.condition);
    } catch (error) {
      await this.#failed(group, error);
      return;
    }
    const { base } = answer;
    if (base === null) {
      for (const job of group) job.resolve(null);
      return;
    }
    const appended = batch.appended(base, answer);
    let next = 0;
    for (const job of group) {
      job.resolve(appended.slice(next, next + job.entries));
      next += job.entries;
    }
    const added = batch.ids.length - (answer.known_ids?.length ?? 0);
    if (added > 0) this.#committed(base + added);
  }

  /** One that cannot be stored must not take the others with it. */
  async #failed(group: readonly Waiting[], error: unknown): Promise<void> {
    if (group.length === 1 || failsAll(error)) for (const job of group) job.reject(error);
    else for (const job of group) await this.#commit([job]);
  }

  /** One statement is one transaction and one round trip. */
  async #send(batch: Batch, condition: Condition | undefined): Promise<Answer> {
    try {
      this.#client ??= await this.#connect();
      const { rows } = await this.#client.query<Answer>({
        name: 'vestige_append',
        text: 'SELECT * FROM vestige_append($1, $2, $3, $4, $5, $6, $7, $8)',
        values: [...batch.columns(), condition?.stream, condition?.last],
      });
      return rows[0]!;
    } catch (error) {
      const failure = storageError(error);
      if (failsAll(failure)) this.#dropConnection();
      throw failure;
    }
  }

  async #connect(): Promise<pg.PoolClient> {
    const client = await this.#pool.connect();
    // Broken while nothing was under way: the next group need not fail to find out.
    client.once('end', () => {
      if (this.#client === client) this.#dropConnection();
    });
    return client;
  }

  /** After a failure of the connection nothing that it may still answer can be trusted. */
  #dropConnection(): void {
    this.#client?.release(true);
    this.#client = undefined;
  }
}

/** Rows of one transaction, each id once. */
class Batch {
  readonly #rows: readonly NewRow[];
  readonly #firsts = new Map<string, NewRow>();

  constructor(rows: readonly NewRow[]) {
    this.#rows = rows;
    for (const row of rows) if (!this.#firsts.has(row.id)) this.#firsts.set(row.id, row);
  }

  get ids(): string[] {
    return [...this.#firsts.keys()];
  }

  columns(): unknown[] {
    const rows = [...this.#firsts.values()];
    let start = 1;
    const starts = rows.map(({ entry }) => (start += entry.length) - entry.length);
    return [
      this.ids,
      rows.map(({ stream }) => stream),
      rows.map(({ type }) => type),
      starts,
      rows.map(({ entry }) => entry.length),
      Buffer.concat(rows.map(({ entry }) => entry)),
    ];
  }

  /** Where each row is, from where the new ones begin and where the known ones are. */
  appended(base: number, { known_ids, known_positions }: Answer): Appended[] {
    const places = new Map<string, number>();
    for (const [index, id] of (known_ids ?? []).entries()) places.set(id, known_positions![index]!);
    let next = base;
    return this.#rows.map((row) => {
      const known = places.get(row.id);
      if (known !== undefined) return { position: known, isNew: false };
      places.set(row.id, next);
      next += 1;
      return { position: next - 1, isNew: true };
    });
  }
}
