import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { EventsError } from '../error.ts';
import { fact, idOf } from '../testing/guest-story.ts';
import {
  crashAndRestartServer,
  newDatabase,
  type TestDatabase,
} from '../testing/postgres-database.ts';
import { cutConnections, openReplica, type Replica, until } from '../testing/postgres-replica.ts';
import { followTail } from './follow-tail.ts';
import type { Appended } from './store.ts';

const range = (length: number): number[] => Array.from({ length }, (_, n) => n);
const retryMs = 5;
const writers = 12;

let database: TestDatabase;
let replicas: Replica[];
beforeAll(async () => {
  database = await newDatabase();
  replicas = [await openReplica(database.url), await openReplica(database.url)];
});
afterAll(async () => {
  await Promise.all(replicas.map((replica) => replica.close()));
  await database.drop();
});

/** As an agent does: the same again until it is acknowledged. */
async function persist<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof EventsError) || error.code !== 'unavailable') throw error;
      await delay(retryMs);
    }
  }
}

/** Appends under load while `harm` is done, and holds the log to all that it acknowledged. */
async function expectNoLoss(name: string, harm: (acknowledged: () => number) => Promise<void>) {
  const start = await replicas[0]!.store.size();
  const told: [string, Appended][] = [];
  const harming = { isOver: false };
  const writing = range(writers).map(async (writer) => {
    const { store } = replicas[writer % replicas.length]!;
    for (let n = 0; !harming.isOver || n < 20; n += 1) {
      const ids = range(1 + (n % 4)).map((place) => idOf(`${name} ${writer} ${n} ${place}`));
      const facts = ids.map((id) => fact('service.stopped', 'service', {}, id));
      const appended = await persist(() => store.append(facts));
      told.push(...appended.map((one, place): [string, Appended] => [ids[place]!, one]));
    }
  });
  await harm(() => told.length);
  harming.isOver = true;
  await Promise.all(writing);

  const size = await replicas[0]!.store.size();
  expect(size - start).toBe(told.length);
  const stored = await replicas[0]!.store.read(0, size + 1);
  expect(stored.map(({ position }) => position)).toEqual(range(size));
  expect(new Set(stored.map(({ event }) => event.id)).size).toBe(size);
  expect(told.filter(([id, { position }]) => stored[position]!.event.id !== id)).toEqual([]);
}

describe('a log under load', () => {
  it('keeps what it acknowledged, once, when all its connections are cut again and again', async () => {
    const operator = await openReplica(database.url);
    await expectNoLoss('cut', async (acknowledged) => {
      for (const _ of range(10)) {
        const before = acknowledged();
        await cutConnections(operator);
        await until(() => acknowledged() > before + 50);
      }
    });
    await operator.close();
  });

  it('keeps what it acknowledged, once, when the server loses power', async () => {
    await expectNoLoss('power', async (acknowledged) => {
      for (const _ of range(3)) {
        const before = acknowledged();
        await crashAndRestartServer();
        await until(() => acknowledged() > before + 50);
      }
    });
  });

  it('is followed again by those who followed it before the server lost power', async () => {
    const { store } = replicas[1]!;
    const start = await store.size();
    const grown = new Promise<number>((resolve) => {
      store.grew.subscribe((size) => size > start && resolve(size));
    });
    await crashAndRestartServer();
    await persist(() => replicas[0]!.store.append([fact('service.stopped', 'service', {})]));
    expect(await grown).toBe(start + 1);
    expect(await followTail(store).stopAt(start + 1)).toHaveLength(start + 1);
  });
});
