import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Database from 'better-sqlite3';

import { encodeEntry, type NewEvent } from '../entry.ts';
import { openSqliteStore, prepareSqlite, schema } from '../store/sqlite.ts';
import type { EventStore } from '../store/store.ts';
import { Writer } from '../store/writer.ts';
import { compare, inBatches, inParallel, type Measure } from './contenders.ts';

const replayed = 50_000;

/** The store on SQLite against better-sqlite3 with the same pragmas and a table without index, uniqueness or position. */
export async function benchSqlite(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'vestige-bench-'));
  const raw = openRaw(join(directory, 'raw.db'));
  const db = durable(join(directory, 'log.db'));
  db.exec(schema);
  const store = openSqliteStore(db, new Writer(db));
  try {
    await compare(measures(raw, store));
  } finally {
    await store.close();
    db.close();
    raw.close();
    rmSync(directory, { recursive: true });
  }
}

function measures(raw: ReturnType<typeof openRaw>, store: EventStore): Measure[] {
  return [
    {
      name: 'SQLite, one awaited append after the other',
      atLeast: 0.85,
      events: 300,
      raw: inBatches(1, raw.one),
      log: inBatches(1, (events) => store.append(events)),
    },
    {
      name: 'SQLite, 64 callers, against batches of 64',
      atLeast: 0.45,
      events: 6_400,
      raw: inBatches(64, raw.all),
      log: inParallel(64, (event) => store.append([event])),
    },
    {
      name: 'SQLite, batches of 100',
      atLeast: 0.65,
      events: 20_000,
      raw: inBatches(100, raw.all),
      log: inBatches(100, (events) => store.append(events)),
    },
    {
      name: 'SQLite, batches of 1,000',
      atLeast: 0.75,
      events: 20_000,
      raw: inBatches(1000, raw.all),
      log: inBatches(1000, (events) => store.append(events)),
    },
    {
      name: 'SQLite, replay in order with decoding',
      atLeast: 0.7,
      events: replayed,
      raw: raw.replay,
      log: async () => {
        for (let from = 0; from < replayed; from += 1000) await store.read(from, 1000);
      },
    },
  ];
}

function openRaw(file: string) {
  const db = durable(file);
  db.exec(
    'CREATE TABLE event (position INTEGER PRIMARY KEY, id TEXT, stream TEXT, type TEXT, entry BLOB)',
  );
  const insert = db.prepare('INSERT INTO event (id, stream, type, entry) VALUES (?, ?, ?, ?)');
  const read = db.prepare<[number], { entry: Buffer }>(
    'SELECT entry FROM event WHERE position > ? ORDER BY position LIMIT 1000',
  );
  const add = (event: NewEvent): unknown =>
    insert.run(event.id, event.stream, event.type, encodeEntry(event, new Date()));
  const addAll = db.transaction((events: readonly NewEvent[]) => events.forEach(add));
  return {
    one: async ([event]: readonly NewEvent[]) => add(event!),
    all: async (events: readonly NewEvent[]) => addAll(events),
    replay: async () => {
      for (let from = 0; from < replayed; from += 1000)
        for (const { entry } of read.all(from)) JSON.parse(entry.toString('utf8'));
    },
    close: () => db.close(),
  };
}

function durable(file: string): Database.Database {
  const db = new Database(file);
  prepareSqlite(db);
  return db;
}
