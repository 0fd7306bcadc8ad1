import type pg from 'pg';
import { type Observable, Subject } from 'rxjs';

import type { Decider, DecisionContext } from '../decider.ts';
import { decodeEntry, type NewEvent, type Recorded } from '../entry.ts';
import { EventsError } from '../error.ts';
import { decideOn } from './decide.ts';
import { PostgresAppender } from './postgres-appender.ts';
import type { PostgresConnection } from './postgres-connection.ts';
import { createSchema, logChannel } from './postgres-schema.ts';
import { encodeRows } from './rows.ts';
import { storageError } from './storage-error.ts';
import type { Appended, EventStore } from './store.ts';

const pollMs = 1000;
const serverVersionMin = 130_000;

/** The log in a PostgreSQL that any number of replicas share. Close the store before its connection. */
export async function openPostgresStore(
  connection: PostgresConnection,
  clock: () => Date = () => new Date(),
): Promise<EventStore> {
  await assertFit(connection);
  await createSchema(connection.pool);
  const store = new PostgresStore(connection, clock);
  await store.open();
  return store;
}

class PostgresStore implements EventStore {
  readonly #connection: PostgresConnection;
  readonly #clock: () => Date;
  readonly #appender: PostgresAppender;
  readonly #grew = new Subject<number>();
  #announced = 0;
  #isHinted = false;
  #looking: Promise<void> | undefined;
  #stopLooking = (): void => {};
  #closing: Promise<void> | undefined;

  readonly grew: Observable<number> = this.#grew.asObservable();

  constructor(connection: PostgresConnection, clock: () => Date) {
    this.#connection = connection;
    this.#clock = clock;
    this.#appender = new PostgresAppender(connection.pool, (size) => this.#announce(size));
  }

  /** Begins to hear what other replicas append: by notification, and by a slow poll where one was lost. */
  async open(): Promise<void> {
    this.#announced = await this.size();
    const poll = setInterval(() => this.#look(), pollMs).unref();
    const unlisten = this.#connection.listen(
      logChannel,
      (size) => {
        if (Number(size) > this.#announced) this.#look();
      },
      () => this.#look(),
    );
    this.#stopLooking = () => {
      clearInterval(poll);
      unlisten();
    };
  }

  async append(facts: readonly NewEvent[]): Promise<Appended[]> {
    this.#assertOpen();
    const rows = encodeRows(facts, this.#clock());
    if (rows.length === 0) return [];
    return (await this.#appender.append(rows))!;
  }

  async decide<S, C>(
    decider: Decider<S, C>,
    stream: string,
    command: C,
    context: DecisionContext,
  ): Promise<Appended[]> {
    const store = {
      clock: this.#clock,
      read: (from: number, limit: number, of?: string) => this.read(from, limit, of),
      appendAfter: async (last: number, _: string, events: readonly NewEvent[]) => {
        this.#assertOpen();
        return this.#appender.append(encodeRows(events, this.#clock()), { stream, last });
      },
    };
    return decideOn(store, decider, stream, command, context);
  }

  async read(from: number, limit: number, stream?: string): Promise<Recorded[]> {
    const rows = await this.#query<{ position: number; entry: Buffer }>(
      `SELECT position, entry FROM event WHERE position >= $1 ${stream === undefined ? '' : 'AND stream = $3'}
      ORDER BY position LIMIT $2`,
      stream === undefined ? [from, limit] : [from, limit, stream],
    );
    return rows.map(({ position, entry }) => ({ position, event: decodeEntry(entry) }));
  }

  async positionOf(id: string): Promise<number | null> {
    const [row] = await this.#query<{ position: number }>(
      'SELECT position FROM event WHERE id = $1',
      [id],
    );
    return row?.position ?? null;
  }

  async entry(position: number): Promise<Uint8Array | null> {
    return (await this.entries(position, 1))[0] ?? null;
  }

  async entries(from: number, limit: number): Promise<Uint8Array[]> {
    const rows = await this.#query<{ entry: Buffer }>(
      'SELECT entry FROM event WHERE position >= $1 AND position < $2 ORDER BY position',
      [from, from + limit],
    );
    return rows.map(({ entry }) => entry);
  }

  async size(): Promise<number> {
    const [head] = await this.#query<{ size: number }>('SELECT size FROM log_head', []);
    return head!.size;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#stopLooking();
    await this.#appender.close();
    await this.#looking;
    this.#grew.complete();
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new EventsError('closed', 'The log is closed.');
  }

  #announce(size: number): void {
    if (size <= this.#announced) return;
    this.#announced = size;
    this.#grew.next(size);
  }

  /** A notification is a hint only, and hints that come while we look are answered by one more look. */
  #look(): void {
    this.#isHinted = true;
    this.#looking ??= this.#lookWhileHinted().finally(() => {
      this.#looking = undefined;
    });
  }

  async #lookWhileHinted(): Promise<void> {
    while (this.#isHinted && this.#closing === undefined) {
      this.#isHinted = false;
      // Where it cannot be had now, the next poll asks again.
      this.#announce(await this.size().catch(() => 0));
    }
  }

  /** Not prepared: a plan that was made for a small table must not be kept while the table grows. */
  async #query<R extends object>(text: string, values: readonly unknown[]): Promise<R[]> {
    this.#assertOpen();
    try {
      const { rows } = await this.#connection.pool.query<R>(text, [...values]);
      return rows;
    } catch (error) {
      throw storageError(error);
    }
  }
}

/** What the log promises needs a server that keeps it. */
async function assertFit({ pool }: PostgresConnection): Promise<void> {
  const settings = await settingsOf(pool);
  if (settings.version < serverVersionMin)
    throw new EventsError(
      'unsupported-database',
      `PostgreSQL 13 or later is needed; this is ${settings.release}.`,
    );
  if (settings.encoding !== 'UTF8')
    throw new EventsError(
      'unsupported-database',
      `The database must have the encoding UTF8; it has ${settings.encoding}.`,
    );
  if (settings.standby)
    throw new EventsError('unavailable', 'This PostgreSQL is a standby, which takes no writes.');
  if (settings.fsync !== 'on' || !['on', 'remote_apply'].includes(settings.commit))
    throw new EventsError(
      'not-durable',
      `PostgreSQL runs with fsync ${settings.fsync} and synchronous_commit ${settings.commit}.`,
    );
}

interface Settings {
  readonly version: number;
  readonly release: string;
  readonly encoding: string;
  readonly standby: boolean;
  readonly fsync: string;
  readonly commit: string;
}

async function settingsOf(pool: pg.Pool): Promise<Settings> {
  try {
    const { rows } = await pool.query<Settings>(`
      SELECT current_setting('server_version_num')::int AS version,
        current_setting('server_version') AS release,
        current_setting('server_encoding') AS encoding,
        pg_is_in_recovery() AS standby,
        current_setting('fsync') AS fsync,
        current_setting('synchronous_commit') AS commit`);
    return rows[0]!;
  } catch (error) {
    throw storageError(error);
  }
}
