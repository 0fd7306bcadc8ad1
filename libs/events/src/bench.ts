import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Database from 'better-sqlite3';

import { encodeEntry, type NewEvent } from './entry.ts';
import { openSqliteStore, schema } from './store/sqlite.ts';
import { Writer } from './store/writer.ts';
import { GuestStory } from './testing/guest-story.ts';

const rounds = 5;
const counts = { append1: 200, conc64: 1_280, batch100: 20_000, replay: 20_000 } as const;
type Measure = keyof typeof counts;
type Rates = Record<Measure, number>;

/** Events per second of the store and of a bare loop of inserts on the same disk, in turns; the ratios are what counts. */
async function bench(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'vestige-bench-'));
  const measured: { raw: Rates; store: Rates }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const raw = await rawRates(join(directory, `raw-${round}.db`));
    measured.push({ raw, store: await storeRates(join(directory, `log-${round}.db`)) });
  }
  rmSync(directory, { recursive: true });
  for (const measure of Object.keys(counts) as Measure[]) {
    const ratio = median(measured.map(({ raw, store }) => store[measure] / raw[measure]));
    const typical = (contender: 'raw' | 'store'): string =>
      Math.round(median(measured.map((one) => one[contender][measure]))).toLocaleString('en');
    console.log(
      `${measure}: ${ratio.toFixed(2)} x raw (${typical('store')}/s against ${typical('raw')}/s)`,
    );
  }
}

/** `append1` one event a commit, `conc64` the same from 64 callers, `batch100` a hundred a commit, `replay` read and parsed. */
async function storeRates(file: string): Promise<Rates> {
  const { store, close } = openStore(file);
  const rates = {
    append1: await rate('append1', async (events) => {
      for (const event of events) await store.append([event]);
    }),
    conc64: await rate('conc64', (events) =>
      inParallel(64, events, (event) => store.append([event])),
    ),
    batch100: await rate('batch100', async (events) => {
      for (const batch of chunks(events, 100)) await store.append(batch);
    }),
    replay: await rate('replay', async (events) => {
      for (let from = 0; from < events.length; from += 1000) await store.read(from, 1000);
    }),
  };
  await close();
  return rates;
}

/** The store alone, without what follows it. */
function openStore(file: string) {
  const db = durable(file);
  db.exec(schema);
  const store = openSqliteStore(db, new Writer(db));
  const close = async (): Promise<void> => {
    await store.close();
    db.close();
  };
  return { store, close };
}

async function rawRates(file: string): Promise<Rates> {
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
  const one = async (events: readonly NewEvent[]): Promise<void> =>
    events.forEach((event) => add(event));
  const addAll = db.transaction((events: readonly NewEvent[]) =>
    events.forEach((event) => add(event)),
  );
  const rates = {
    append1: await rate('append1', one),
    conc64: await rate('conc64', one),
    batch100: await rate('batch100', async (events) => {
      for (const batch of chunks(events, 100)) addAll(batch);
    }),
    replay: await rate('replay', async (events) => {
      for (let from = 0; from < events.length; from += 1000)
        for (const { entry } of read.all(from)) JSON.parse(entry.toString('utf8'));
    }),
  };
  db.close();
  return rates;
}

function durable(file: string): Database.Database {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  return db;
}

let boots = 0;

async function rate(
  measure: Measure,
  work: (events: readonly NewEvent[]) => Promise<void>,
): Promise<number> {
  const guest = new GuestStory('guest', `boot ${(boots += 1)}`);
  const events = Array.from({ length: counts[measure] }, () => guest.read('secret'));
  const start = performance.now();
  await work(events);
  return (events.length / (performance.now() - start)) * 1000;
}

async function inParallel(
  callers: number,
  events: readonly NewEvent[],
  work: (event: NewEvent) => Promise<unknown>,
): Promise<void> {
  const waiting = events.values();
  const caller = async (): Promise<void> => {
    for (const event of waiting) await work(event);
  };
  await Promise.all(Array.from({ length: callers }, caller));
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

await bench();
