import Database from 'better-sqlite3';
import { EntitySchema } from 'typeorm';
import { beforeEach, describe, expect, it } from 'vitest';

import { openSqliteStore, schema } from '../store/sqlite.ts';
import type { EventStore } from '../store/store.ts';
import { Writer } from '../store/writer.ts';
import { fact } from '../testing/guest-story.ts';
import { viewProjection } from './projection.ts';
import { ReactorFollower } from './reactor-follower.ts';
import type { Reactor } from './reactor.ts';
import { RunningFollowers } from './run-followers.ts';
import { SqliteFollowers } from './sqlite-followers.ts';
import type { View } from './view.ts';

interface CountRow {
  type: string;
  count: number;
}

let broken: boolean;

function countView(name: string, isBroken: () => boolean): View<CountRow> {
  const columns = { type: { type: 'text', primary: true }, count: { type: 'integer' } } as const;
  return {
    name,
    version: 1,
    entity: new EntitySchema<CountRow>({ name, columns }),
    keysOf: ({ event }) => [[event.type]],
    evolve(row, { event }) {
      if (isBroken()) throw new Error('cannot count');
      return { type: event.type, count: (row?.count ?? 0) + 1 };
    },
  };
}

const views = [countView('sound', () => false), countView('fragile', () => broken)];

let db: Database.Database;
let store: EventStore;

beforeEach(() => {
  broken = false;
  db = new Database(':memory:');
  db.exec(schema);
  for (const { name } of views)
    db.exec(`CREATE TABLE "${name}" (type TEXT PRIMARY KEY, count INTEGER)`);
  store = openSqliteStore(db, new Writer(db));
});

function follow(reactors: readonly Reactor[] = []): RunningFollowers {
  const database = new SqliteFollowers(db, new Writer(db));
  // The reactors here ask no view.
  const context = { store, dataSource: undefined as never };
  return new RunningFollowers({
    database,
    store,
    views: views.map((view) => viewProjection(view)),
    reactors: reactors.map((reactor) => new ReactorFollower(database, reactor, context)),
  });
}

const append = async (count: number): Promise<void> => {
  await store.append(Array.from({ length: count }, () => fact('service.stopped', 'service', {})));
};
const counted = (name: string) =>
  db.prepare(`SELECT count FROM "${name}" WHERE type = 'service.stopped'`).pluck().get();

describe('followers', () => {
  it('show what was appended, over many batches and after being made anew', async () => {
    await append(1234);
    const first = follow();
    await first.reached(1233);
    expect([counted('sound'), counted('fragile')]).toEqual([1234, 1234]);
    await first.stop();
    await append(10);
    const second = follow();
    await second.reached(1243);
    expect([counted('sound'), counted('fragile')]).toEqual([1244, 1244]);
    await second.stop();
    await expect(second.reached(1244)).rejects.toMatchObject({ code: 'closed' });
  });

  it('tell how far every view is, never going back', async () => {
    const followers = follow();
    const sizes: number[] = [];
    followers.caughtUp.subscribe((size) => sizes.push(size));
    await append(1);
    await append(600);
    await followers.reached(600);
    expect(sizes.at(0)).toBe(0);
    expect(sizes.at(-1)).toBe(601);
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    await followers.stop();
  });

  it('go on with the others when one view cannot, and say which', async () => {
    const followers = follow();
    await append(1);
    await followers.reached(0);
    broken = true;
    await append(1);
    await expect(followers.reached(1)).rejects.toMatchObject({
      code: 'follower-failed',
      message: 'fragile stands still.',
    });
    expect([counted('sound'), counted('fragile')]).toEqual([2, 1]);
    expect(followers.status()).toMatchObject([
      { name: 'sound', position: 2, failure: null },
      { name: 'fragile', position: 1, failure: 'cannot count' },
    ]);
    await expect(followers.rebuild('fragile')).rejects.toMatchObject({ code: 'follower-failed' });
    expect(counted('fragile')).toBe(1);
    expect(followers.status()).toMatchObject([
      { name: 'sound', rebuildFailure: null },
      { name: 'fragile', rebuildFailure: 'cannot count', rebuilding: null },
    ]);

    broken = false;
    const progress: number[] = [];
    await followers.rebuild('fragile', (position) => progress.push(position));
    await followers.reached(1);
    expect([counted('fragile'), progress.at(-1)]).toEqual([2, 2]);
    await followers.stop();
  });

  it('go on by themselves when what held a view is over', async () => {
    const followers = follow();
    broken = true;
    await append(1);
    await expect(followers.reached(0)).rejects.toMatchObject({ code: 'follower-failed' });
    broken = false;
    await expect.poll(() => counted('fragile'), { timeout: 5000 }).toBe(1);
    await followers.reached(0);
    await followers.stop();
  });

  it('rebuild a view while the log grows', async () => {
    await append(1100);
    const followers = follow();
    await followers.reached(1099);
    db.exec("UPDATE fragile SET count = 0 WHERE type = 'service.stopped'");
    const rebuilt = followers.rebuild('fragile');
    await append(700);
    await append(1);
    await rebuilt;
    await followers.reached(1800);
    expect([counted('sound'), counted('fragile')]).toEqual([1801, 1801]);
    await followers.stop();
  });

  it('know no view by another name', async () => {
    const followers = follow();
    await expect(followers.rebuild('none')).rejects.toMatchObject({ code: 'unknown-follower' });
    await followers.stop();
  });
});

describe('reactors', () => {
  it('go on by themselves when what held them is over', async () => {
    let isDown = true;
    const react = async () => {
      if (isDown) throw new Error('not now');
    };
    const followers = follow([{ name: 'reactor', types: ['service.stopped'], react }]);
    await append(1);
    await expect(followers.settled()).rejects.toMatchObject({ code: 'follower-failed' });
    isDown = false;
    await expect.poll(() => followers.status().at(-1)?.position, { timeout: 5000 }).toBe(1);
    await followers.stop();
  });

  it('react once in a batch to what is of one matter', async () => {
    await append(150);
    const seen: number[] = [];
    const followers = follow([
      {
        name: 'reactor',
        types: ['service.stopped'],
        matterOf: ({ position }) => (position === 3 ? null : 'the same'),
        react: async ({ position }) => void seen.push(position),
      },
    ]);
    await followers.settled();
    expect(seen).toEqual([0, 3]);
    await followers.stop();
  });

  it('let requests be served while they catch up', async () => {
    await append(150);
    let turns = 0;
    const turn = (): void => {
      turns += 1;
      if (turns < 1000) setImmediate(turn);
    };
    const turnsAt: number[] = [];
    const react = async () => void turnsAt.push(turns);
    const followers = follow([{ name: 'reactor', types: ['service.stopped'], react }]);
    await followers.reached(149);
    setImmediate(turn);
    await followers.settled();
    expect(new Set(turnsAt).size).toBeGreaterThan(5);
    await followers.stop();
  });

  it('try again what failed when the log grows, and never skip it', async () => {
    const seen: number[] = [];
    let isDown = true;
    const reactor: Reactor = {
      name: 'reactor',
      types: ['service.stopped'],
      async react({ position }) {
        if (isDown) throw new Error('not now');
        seen.push(position);
      },
    };
    const followers = follow([reactor]);
    await append(2);
    await expect(followers.settled()).rejects.toMatchObject({ code: 'follower-failed' });
    isDown = false;
    await append(1);
    await followers.reached(2);
    await expect.poll(() => seen).toEqual([0, 1, 2]);
    await followers.settled();
    await followers.stop();

    const again = follow([reactor]);
    await append(1);
    await again.settled();
    expect(seen).toEqual([0, 1, 2, 3]);
    await again.stop();
  });
});
