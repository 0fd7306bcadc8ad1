import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';

import { fact, idOf } from '../testing/guest-story.ts';
import { storeBehaviour } from './behaviour.ts';
import { openSqliteStore, schema } from './sqlite.ts';
import type { EventStore } from './store.ts';
import { Writer } from './writer.ts';

function openDatabase(clock?: () => Date): {
  db: Database.Database;
  writer: Writer;
  store: EventStore;
} {
  const db = new Database(':memory:');
  db.exec(schema);
  const writer = new Writer(db);
  return { db, writer, store: openSqliteStore(db, writer, clock) };
}

const stopped = (word: string) => fact('service.stopped', 'service', {}, idOf(word));

storeBehaviour('SQLite store', async (clock) => openDatabase(clock).store);

describe('SQLite store: the database', () => {
  it.each([
    "UPDATE event SET stream = 'x'",
    'DELETE FROM event',
    "UPDATE event SET entry = x'00' WHERE position = 0",
  ])('refuses %s', async (sql) => {
    const { db, store } = openDatabase();
    await store.append([stopped('a')]);
    expect(() => db.exec(sql)).toThrow('the log is append-only');
    expect(await store.size()).toBe(1);
  });

  it('lets the others of a group through when one of them cannot be stored, leaving no hole', async () => {
    const { db, store } = openDatabase();
    db.exec(`CREATE TRIGGER full BEFORE INSERT ON event WHEN NEW.id = '${idOf('b')}'
      BEGIN SELECT RAISE(ABORT, 'disk full'); END`);
    const group = ['a', 'b', 'c'].map((word) => store.append([stopped(word)]));
    const [a, b, c] = await Promise.allSettled(group);
    expect([a!.status, b!.status, c!.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const read = await store.read(0, 10);
    expect(read.map(({ position, event }) => [position, event.id])).toEqual([
      [0, idOf('a')],
      [1, idOf('c')],
    ]);
    expect(await store.size()).toBe(2);
  });

  it('says that no space is left, keeps what it has, and goes on when there is space again', async () => {
    const { db, store } = openDatabase();
    const pages = db.pragma('page_count', { simple: true }) as number;
    db.pragma(`max_page_count = ${pages + 4}`);
    const facts = Array.from({ length: 400 }, (_, n) => stopped(String(n)));
    const outcomes = await Promise.allSettled(facts.map((one) => store.append([one])));
    expect(outcomes.map(({ status }) => status)).toEqual(facts.map(() => 'rejected'));
    await expect(store.append(facts)).rejects.toMatchObject({ code: 'storage-full' });
    expect(await store.size()).toBe(0);

    db.pragma('max_page_count = 1000000');
    expect(await store.append(facts)).toHaveLength(400);
    expect(await store.size()).toBe(400);
  });

  it('refuses to write inside a transaction that somebody else opened', async () => {
    const { db, store } = openDatabase();
    db.exec('BEGIN');
    await expect(store.append([stopped('a')])).rejects.toMatchObject({
      code: 'foreign-transaction',
    });
    db.exec('ROLLBACK');
    await expect(store.append([stopped('a')])).resolves.toHaveLength(1);
  });

  it('returns to full durability after what is only derived, failing or not', () => {
    const { db, writer } = openDatabase();
    db.pragma('synchronous = FULL');
    writer.runDerived(() => {});
    expect(() => writer.runDerived(() => db.exec('no SQL'))).toThrow('syntax error');
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
  });
});
