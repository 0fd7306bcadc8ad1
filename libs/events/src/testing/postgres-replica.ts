import { setTimeout as delay } from 'node:timers/promises';

import type { PoolClient } from 'pg';

import {
  openPostgresConnection,
  type PostgresConnection,
  type PostgresOptions,
} from '../store/postgres-connection.ts';
import { openPostgresStore } from '../store/postgres.ts';
import type { EventStore } from '../store/store.ts';

const lookMs = 10;

/** One service of several on one database. */
export interface Replica {
  readonly connection: PostgresConnection;
  readonly store: EventStore;
  close(): Promise<void>;
}

export async function openReplica(
  url: string,
  options?: PostgresOptions,
  clock?: () => Date,
): Promise<Replica> {
  const connection = openPostgresConnection(url, options);
  try {
    const store = await openPostgresStore(connection, clock);
    const close = async (): Promise<void> => {
      await store.close();
      await connection.close();
    };
    return { connection, store, close };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** Begins a transaction and holds the log's head in it, as somebody does who is slow to append. */
export async function holdHead({ connection }: Replica): Promise<PoolClient> {
  const client = await connection.pool.connect();
  await client.query('BEGIN');
  await client.query('SELECT size FROM log_head WHERE id = 1 FOR UPDATE');
  return client;
}

/** How many sessions of the database wait for a lock that another one holds. */
export async function waitingForLock({ connection }: Replica): Promise<number> {
  const { rows } = await connection.pool.query<{ count: number }>(
    `SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rows[0]!.count;
}

/** Ends every other session of the database, as a failing network or an operator would. */
export async function cutConnections({ connection }: Replica): Promise<void> {
  await connection.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
}

/** Waits for a condition that nobody tells of. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(lookMs);
}
