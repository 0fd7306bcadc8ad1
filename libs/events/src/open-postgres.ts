import pg from 'pg';
import { DataSource } from 'typeorm';

import { PostgresFollowers, treeSchema } from './follow/postgres-followers.ts';
import type { LogOptions, OpenedDatabase } from './log.ts';
import { shapes } from './shapes.ts';
import { openPostgresConnection } from './store/postgres-connection.ts';
import { createSchema } from './store/postgres-schema.ts';
import { openPostgresStore } from './store/postgres.ts';
import { Turns } from './store/turns.ts';
import { allViews } from './views/all.ts';

/** Any number: all who bring the same database up must use the same. */
const bringUpLock = 7_364_010;
/** Another replica may be making indexes. */
const bringUpMs = 300_000;
const connectionsMax = 10;

/** Opens a log in a PostgreSQL database, which any number of processes may do at once. */
export async function openPostgresLog(options: LogOptions): Promise<OpenedDatabase> {
  const connection = openPostgresConnection(options.file);
  const dataSource = postgresDataSource(options);
  const close = async (): Promise<void> => {
    if (dataSource.isInitialized) await dataSource.destroy();
    await connection.close();
  };
  try {
    await dataSource.initialize();
    await bringUp(connection.pool, dataSource);
    const store = await openPostgresStore(connection, options.clock);
    const shapeOf = new Map(shapes().map(({ name, shape }) => [name, shape]));
    const turns = new Turns();
    return {
      store,
      dataSource,
      database: new PostgresFollowers(connection, shapeOf),
      // In turns within the process first, so that those who wait hold no connection.
      exclusively: (name, work) => turns.take(name, () => exclusively(connection.pool, name, work)),
      close: async () => {
        await store.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function postgresDataSource({ file, entities = [], migrations = [] }: LogOptions): DataSource {
  return new DataSource({
    type: 'postgres',
    driver: pg,
    url: file,
    // Positions are far below 2^53, and the views' rows have them as numbers on every database.
    parseInt8: true,
    applicationName: 'vestige',
    poolSize: connectionsMax,
    poolErrorHandler: () => {},
    connectTimeoutMS: 5000,
    entities: [...allViews.map(({ entity }) => entity), ...entities],
    migrations: [...migrations],
  });
}

/** Makes or changes the tables, one replica at a time. */
async function bringUp(pool: pg.Pool, dataSource: DataSource): Promise<void> {
  await withClient(pool, async (client) => {
    await client.query(`SET lock_timeout = ${bringUpMs}; SET statement_timeout = 0`);
    await client.query({
      text: 'SELECT pg_advisory_lock($1)',
      values: [bringUpLock],
      query_timeout: bringUpMs,
    } as pg.QueryConfig);
    await createSchema(pool);
    await client.query(treeSchema);
    await forgetChanged(client);
    await dataSource.runMigrations();
    await dataSource.synchronize();
  });
}

/** What is made of the log is not migrated where its shape is another now, but made anew. */
async function forgetChanged(client: pg.PoolClient): Promise<void> {
  const { rows } = await client.query<{ name: string; shape: string }>(
    'SELECT name, shape FROM follower',
  );
  const known = new Map(rows.map(({ name, shape }) => [name, shape]));
  for (const { name, shape, forget } of shapes()) {
    if (known.get(name) === shape) continue;
    if (forget !== null) await client.query(forget);
    await client.query(
      `INSERT INTO follower (name, position, shape) VALUES ($1, 0, $2)
       ON CONFLICT (name) DO UPDATE SET position = 0, shape = excluded.shape`,
      [name, shape],
    );
  }
}

async function exclusively<T>(pool: pg.Pool, name: string, work: () => Promise<T>): Promise<T> {
  return withClient(pool, async (client) => {
    await client.query('SELECT pg_advisory_lock(hashtext($1))', [`vestige ${name}`]);
    return work();
  });
}

/** The connection is closed afterwards, and with it goes whatever was set or locked on it. */
async function withClient<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    client.release(true);
  }
}
