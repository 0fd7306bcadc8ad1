import { Client } from 'pg';

import { encodeEntry, type NewEvent } from '../entry.ts';
import { openPostgresConnection } from '../store/postgres-connection.ts';
import { openPostgresStore } from '../store/postgres.ts';
import { compare, inBatches, inParallel } from './contenders.ts';

/** The store on PostgreSQL against inserts by one connection into a table without index, uniqueness or dense position. */
export async function benchPostgres(url: string): Promise<void> {
  const connection = openPostgresConnection(url);
  const store = await openPostgresStore(connection);
  const raw = await openRaw(url);
  try {
    await compare([
      {
        name: 'PostgreSQL, 64 callers, against single inserts',
        atLeast: 4,
        events: 6_400,
        raw: inBatches(1, raw.one),
        log: inParallel(64, (event) => store.append([event])),
      },
      {
        name: 'PostgreSQL, batches of 1,000',
        atLeast: 0.7,
        events: 20_000,
        raw: inBatches(1000, raw.all),
        log: inBatches(1000, (events) => store.append(events)),
      },
    ]);
  } finally {
    await raw.close();
    await store.close();
    await connection.close();
  }
}

const valuesOf = (event: NewEvent) => [
  event.id,
  event.stream,
  event.type,
  encodeEntry(event, new Date()),
];

async function openRaw(url: string) {
  const client = new Client(url);
  await client.connect();
  await client.query(
    'DROP TABLE IF EXISTS raw_event; CREATE TABLE raw_event (position bigserial PRIMARY KEY, id text, stream text, type text, entry bytea)',
  );
  return {
    one: async ([event]: readonly NewEvent[]) =>
      client.query({
        name: 'one',
        text: 'INSERT INTO raw_event (id, stream, type, entry) VALUES ($1, $2, $3, $4)',
        values: valuesOf(event!),
      }),
    all: async (events: readonly NewEvent[]) => {
      const rows = events.map(valuesOf);
      await client.query({
        name: 'all',
        text: `INSERT INTO raw_event (id, stream, type, entry)
          SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[])`,
        values: [0, 1, 2, 3].map((column) => rows.map((row) => row[column])),
      });
    },
    close: () => client.end(),
  };
}
