import type { ClientBase, Pool, PoolClient, QueryConfig } from 'pg';
import { interval, merge, type Observable, Subject } from 'rxjs';
import { map } from 'rxjs/operators';

import { EventsError } from '../error.ts';
import type { PostgresConnection } from '../store/postgres-connection.ts';
import type { FollowerDatabase, Positions, Reacted, Shadow } from './follower-database.ts';
import { keyOf, loadRows, storeRows } from './postgres-table.ts';
import { type Followed, keyText, type Projection } from './projection.ts';
import type { Row, Table } from './table.ts';
import type { Key } from './view.ts';

export const treeSchema = `
CREATE TABLE IF NOT EXISTS tile (
  level INTEGER NOT NULL,
  n BIGINT NOT NULL,
  hashes BYTEA NOT NULL,
  PRIMARY KEY (level, n)
);
CREATE TABLE IF NOT EXISTS checkpoint (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  size BIGINT NOT NULL,
  note TEXT NOT NULL
);
`;

const channel = 'vestige_followers';
/** A lost notification costs no more than this. */
const pollMs = 1000;
/** So long the rows of a large view may take to be put in place of the old ones. */
const swapMs = 3_600_000;

/** Followers in PostgreSQL: the row of a follower is locked by whoever moves it, among all replicas. */
export class PostgresFollowers implements FollowerDatabase {
  readonly movedElsewhere: Observable<void>;
  readonly #pool: Pool;
  readonly #shapes: ReadonlyMap<string, string>;

  /** `shapes` are those of the followers that this version of the program keeps. */
  constructor(connection: PostgresConnection, shapes: ReadonlyMap<string, string>) {
    this.#pool = connection.pool;
    this.#shapes = shapes;
    const told = new Subject<void>();
    connection.listen(channel, () => told.next());
    this.movedElsewhere = merge(told, interval(pollMs).pipe(map(() => undefined)));
  }

  async positions(names: readonly string[]): Promise<Positions> {
    return positionsOf(await this.#select(this.#pool, names, ''));
  }

  async advance(
    projections: readonly Projection[],
    read: (from: number) => Promise<readonly Followed[]>,
  ): Promise<void> {
    await this.#transaction(async (client) => {
      const held = await this.#lock(
        client,
        projections.map(({ name }) => name),
      );
      if (held.size === 0) return;
      const batch = await read(Math.min(...held.values()));
      const last = batch.at(-1);
      if (last === undefined) return;
      for (const projection of projections) {
        const from = held.get(projection.name);
        if (from === undefined) continue;
        const news = batch.filter(({ position }) => position >= from);
        await project(client, projection, news);
      }
      await this.#move(client, held, last.position + 1);
    });
  }

  async hold(name: string, work: (position: number) => Promise<Reacted>): Promise<boolean> {
    return this.#transaction(async (client) => {
      // What a reactor does takes its time, in which this connection waits.
      await client.query('SET LOCAL idle_in_transaction_session_timeout = 0');
      const from = (await this.#lock(client, [name])).get(name);
      if (from === undefined) return false;
      const { position } = await work(from);
      if (position > from) await this.#set(client, [name], position);
      return true;
    });
  }

  async row(table: Table, key: Key): Promise<Row | undefined> {
    const client = await this.#pool.connect();
    try {
      return (await loadRows(client, table, [key]))[0];
    } finally {
      client.release();
    }
  }

  async openShadow(projection: Projection): Promise<Shadow> {
    const { table } = projection;
    const name = `rebuilt_${table.name}`;
    const shadow = projection.into(name);
    // The lock is this connection's: whoever dies while he rebuilds holds nothing up.
    const holder = await this.#pool.connect();
    const close = async (): Promise<void> => {
      await holder.query(`DROP TABLE IF EXISTS "${name}"`).catch(() => {});
      await holder.query('SELECT pg_advisory_unlock_all()').catch(() => {});
      holder.release();
    };
    try {
      const locked = await holder.query<{ locked: boolean }>(
        'SELECT pg_try_advisory_lock(hashtext($1)) AS locked',
        [name],
      );
      if (locked.rows[0]?.locked !== true)
        throw new EventsError('follower-failed', `${projection.name} is being rebuilt already.`);
      await holder.query(
        `DROP TABLE IF EXISTS "${name}";
         CREATE UNLOGGED TABLE "${name}" (LIKE "${table.name}" INCLUDING ALL)`,
      );
    } catch (error) {
      await close();
      throw error;
    }
    return {
      fill: (batch) => this.#transaction((client) => project(client, shadow, batch)),
      takePlace: (position, size) => this.#takePlace(projection, name, position, size),
      close,
    };
  }

  async #takePlace(
    { name, table }: Projection,
    shadow: string,
    position: number,
    size: number,
  ): Promise<boolean> {
    return this.#transaction(async (client) => {
      await client.query('SET LOCAL statement_timeout = 0');
      const [follower] = await this.#select(client, [name], 'FOR UPDATE');
      if (follower === undefined) return false;
      if (follower.position > position && follower.position <= size) return false;
      await client.query({
        text: `DELETE FROM "${table.name}"; INSERT INTO "${table.name}" SELECT * FROM "${shadow}"`,
        query_timeout: swapMs,
      } as QueryConfig);
      await this.#set(client, [name], position);
      return true;
    });
  }

  async #lock(client: ClientBase, names: readonly string[]): Promise<Positions> {
    return positionsOf(await this.#select(client, names, 'FOR UPDATE SKIP LOCKED'));
  }

  async #select(
    client: Pick<ClientBase, 'query'>,
    names: readonly string[],
    locking: '' | 'FOR UPDATE' | 'FOR UPDATE SKIP LOCKED',
  ): Promise<FollowerRow[]> {
    const { rows } = await client.query<FollowerRow>(
      `SELECT name, position, shape FROM follower WHERE name = ANY($1) ORDER BY name ${locking}`,
      [names],
    );
    return rows.filter(({ name, shape }) => this.#shapes.get(name) === shape);
  }

  /** Those that are behind come to this position. */
  async #move(client: ClientBase, held: Positions, position: number): Promise<void> {
    const behind = [...held].filter(([, at]) => at < position).map(([name]) => name);
    await this.#set(client, behind, position);
  }

  async #set(client: ClientBase, names: readonly string[], position: number): Promise<void> {
    await client.query('UPDATE follower SET position = $2 WHERE name = ANY($1)', [names, position]);
    await client.query('SELECT pg_notify($1, $2)', [channel, '']);
  }

  async #transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((failed: Error) => (broken = failed));
      throw error;
    } finally {
      // A connection that cannot even roll back is thrown away.
      client.release(broken);
    }
  }
}

interface FollowerRow {
  readonly name: string;
  readonly position: number;
  readonly shape: string;
}

function positionsOf(rows: readonly FollowerRow[]): Positions {
  return new Map(rows.map(({ name, position }) => [name, position]));
}

async function project(
  client: ClientBase,
  projection: Projection,
  batch: readonly Followed[],
): Promise<void> {
  const loaded = await loadRows(client, projection.table, projection.keysOf(batch));
  const byKey = new Map(loaded.map((row) => [keyText(keyOf(projection.table, row)), row]));
  for (const { table, rows } of projection.project(batch, (key) => byKey.get(keyText(key))))
    await storeRows(client, table, rows);
}
