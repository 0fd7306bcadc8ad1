import { Client, type ClientBase, Pool, type PoolConfig, types } from 'pg';

import { PostgresListener } from './postgres-listener.ts';
import { storageError } from './storage-error.ts';

export interface PostgresOptions {
  /** Connections at most, the listener's not counted; one is the store's own for writing. */
  readonly connectionsMax?: number;
  readonly connectionTimeoutMs?: number;
  readonly statementTimeoutMs?: number;
  readonly lockTimeoutMs?: number;
  /** After which the server throws out a session that holds a transaction open and does nothing. */
  readonly idleInTransactionTimeoutMs?: number;
}

const defaults: Required<PostgresOptions> = {
  connectionsMax: 10,
  connectionTimeoutMs: 5_000,
  statementTimeoutMs: 30_000,
  lockTimeoutMs: 10_000,
  idleInTransactionTimeoutMs: 15_000,
};

/** How much longer than the server's own timeout to wait for an answer: after that the connection must be dead. */
const answerGraceMs = 5_000;
const keepAliveDelayMs = 10_000;

/** The way to one database: to be shared by the store and by what follows it, and closed after them. */
export interface PostgresConnection {
  /** `bigint` columns come as numbers. A connection that is lost is replaced; its loss fails only what was under way. */
  readonly pool: Pool;
  /**
   * Calls `onPayload` for each notification of a channel, until the returned function is called. `onListening` is called
   * when listening begins, and again after each interruption: what was sent until then may have been missed.
   */
  listen(
    channel: string,
    onPayload: (payload: string) => void,
    onListening?: () => void,
  ): () => void;
  /** Tells all who listen to the channel; at the commit, where it is called inside of a transaction of `client`. */
  notify(channel: string, payload: string, client?: ClientBase): Promise<void>;
  close(): Promise<void>;
}

/** Does not connect before it has to. The URL's own parameters win over the options. */
export function openPostgresConnection(
  url: string,
  options: PostgresOptions = {},
): PostgresConnection {
  const config = configOf(url, { ...defaults, ...options });
  const pool = new Pool(config);
  // A client that breaks while it is idle is dropped by the pool; without a listener it would end the process.
  pool.on('error', () => {});
  const listener = new PostgresListener(() => new Client(config));
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await listener.close();
    await pool.end();
  };
  return {
    pool,
    listen: (channel, onPayload, onListening = () => {}) =>
      listener.listen(channel, { onPayload, onListening }),
    async notify(channel, payload, client) {
      try {
        await (client ?? pool).query('SELECT pg_notify($1, $2)', [channel, payload]);
      } catch (error) {
        throw storageError(error);
      }
    },
    close: () => (closing ??= close()),
  };
}

function configOf(url: string, options: Required<PostgresOptions>): PoolConfig {
  return {
    connectionString: url,
    application_name: 'vestige',
    max: options.connectionsMax,
    connectionTimeoutMillis: options.connectionTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    query_timeout: options.statementTimeoutMs + answerGraceMs,
    lock_timeout: options.lockTimeoutMs,
    idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveDelayMs,
    types: { getTypeParser },
    onConnect: (client) => setSession(client),
  };
}

/** Whatever the server's defaults: a commit is on disk when it is answered, and each statement sees what is committed. */
async function setSession(client: ClientBase): Promise<void> {
  // A lost connection is told to who runs a query; between queries nobody needs to know.
  client.on('error', () => {});
  await client.query(`
    SELECT set_config('default_transaction_isolation', 'read committed', false),
      set_config('synchronous_commit', stronger, false)
    FROM (SELECT CASE current_setting('synchronous_commit')
      WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END AS stronger) AS setting`);
}

const bigint = 20;
const bigintArray = 1016;

/** Positions are far below 2^53, so they are numbers; for this pool only, as others may have other needs. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  const parse = types.getTypeParser(oid, format) as (value: string) => unknown;
  if (format === 'binary') return parse;
  if (oid === bigint) return Number;
  if (oid === bigintArray) return (value) => (parse(value) as (string | null)[]).map(Number);
  return parse;
}
