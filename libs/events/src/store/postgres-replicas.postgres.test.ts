import { once } from 'node:events';

import type { ClientBase, Pool } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type Decider, Refusal } from '../decider.ts';
import type { NewEvent } from '../entry.ts';
import { fact, idOf } from '../testing/guest-story.ts';
import { newDatabase, type TestDatabase } from '../testing/postgres-database.ts';
import {
  holdHead,
  openReplica,
  type Replica,
  until,
  waitingForLock,
} from '../testing/postgres-replica.ts';
import { followTail } from './follow-tail.ts';
import type { PostgresOptions } from './postgres-connection.ts';
import { encodeRows, type NewRow } from './rows.ts';

const stopped = (word: string): NewEvent => fact('service.stopped', 'service', {}, idOf(word));
const range = (length: number): number[] => Array.from({ length }, (_, n) => n);
const context = { actor: { kind: 'service' } } as const;

/** Lets one command through. */
const onlyOnce: Decider<boolean, null> = {
  initial: false,
  decide(_, isDone) {
    if (isDone) throw new Refusal('wipe-completed', 'Once only.');
    return [{ type: 'wipe.released', data: { approvals: 0 } }];
  },
  evolve: () => true,
};

let database: TestDatabase;
let replicas: Replica[];
beforeEach(async () => {
  database = await newDatabase();
  replicas = [];
});
afterEach(async () => {
  await Promise.all(replicas.map((replica) => replica.close()));
  await database.drop();
});

async function open(options?: PostgresOptions): Promise<Replica> {
  const replica = await openReplica(database.url, options);
  replicas.push(replica);
  return replica;
}

/** Without telling anybody. */
async function insertByHand(on: Pool | ClientBase, position: number, row: NewRow): Promise<void> {
  const { id, stream, type, entry } = row;
  const values = [position, id, stream, type, entry];
  await on.query('INSERT INTO event VALUES ($1, $2, $3, $4, $5)', values);
  await on.query('UPDATE log_head SET size = $1', [position + 1]);
}

/** Appends one event as slowly as others wait for it; then it counts or not. */
async function appendSlowly(replica: Replica, word: string, end: 'COMMIT' | 'ROLLBACK') {
  const client = await holdHead(replica);
  const { rows } = await client.query<{ size: number }>('SELECT size FROM log_head');
  const [row] = encodeRows([stopped(word)], new Date());
  await insertByHand(client, rows[0]!.size, row!);
  await until(async () => (await waitingForLock(replica)) > 0);
  await client.query(end);
  client.release();
}

describe('replicas on one database', () => {
  it('hide no event from a reader who follows, though some who append are slow and some give up', async () => {
    const writers = [await open(), await open(), await open()];
    const slow = await open();
    const readers = [await open(), writers[0]!];
    const tails = readers.map(({ store }) => followTail(store));
    const slowness = { isOver: false };
    const writing = range(12).map(async (writer) => {
      const told: [string, number][] = [];
      for (let n = 0; !slowness.isOver || n < 20; n += 1) {
        const words = range(1 + (n % 5)).map((place) => `${writer} ${n} ${place}`);
        const appended = await writers[writer % 3]!.store.append(words.map(stopped));
        told.push(
          ...appended.map(({ position }, place): [string, number] => [words[place]!, position]),
        );
      }
      return told;
    });
    for (const n of range(20)) await appendSlowly(slow, `slow ${n}`, n % 2 ? 'COMMIT' : 'ROLLBACK');
    slowness.isOver = true;
    const told = (await Promise.all(writing)).flat();

    const size = await slow.store.size();
    expect(size).toBe(told.length + 10);
    for (const tail of tails) {
      const seen = await tail.stopAt(size);
      expect(seen.map(({ position }) => position)).toEqual(range(size));
      for (const [word, position] of told) expect(seen[position]!.event.id).toBe(idOf(word));
    }
  });

  it('store each of 3,000 events once, though each is sent three times by eight at once', async () => {
    const senders = await Promise.all(range(8).map(() => open({ connectionsMax: 2 })));
    const ids = range(3000).map((n) => idOf(String(n)));
    const shuffled = [...ids, ...ids, ...ids]
      .map((id) => ({ id, rank: Math.random() }))
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ id }) => id);
    const told: [string, number, boolean][] = [];
    const send = async ({ store }: Replica): Promise<void> => {
      for (;;) {
        const batch = shuffled.splice(0, 1 + Math.floor(Math.random() * 60));
        if (batch.length === 0) return;
        const appended = await store.append(
          batch.map((id) => fact('service.stopped', 'service', {}, id)),
        );
        for (const [n, { position, isNew }] of appended.entries())
          told.push([batch[n]!, position, isNew]);
      }
    };
    await Promise.all(senders.map(send));

    const stored = await senders[0]!.store.read(0, 4000);
    expect(stored.map(({ position }) => position)).toEqual(range(3000));
    expect(new Set(stored.map(({ event }) => event.id))).toEqual(new Set(ids));
    expect(told).toHaveLength(9000);
    expect(told.filter(([, , isNew]) => isNew)).toHaveLength(3000);
    expect(told.filter(([id, position]) => stored[position]!.event.id !== id)).toEqual([]);
  });

  it('let exactly one of two decisions through that are made at the same moment', async () => {
    const [a, b] = [await open(), await open()];
    for (const n of range(20)) {
      const stream = `wipe-${idOf(String(n))}`;
      const outcomes = await Promise.allSettled(
        [a, b].map(({ store }) => store.decide(onlyOnce, stream, null, context)),
      );
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'wipe-completed' },
      });
      expect(await a.store.read(0, 10, stream)).toHaveLength(1);
    }
  });

  it('decide again on what another replica has appended to the stream meanwhile', async () => {
    const [a, b] = [await open(), await open()];
    const stream = `wipe-${idOf('order')}`;
    const holder = await holdHead(b);
    const decision = a.store.decide(onlyOnce, stream, null, context);
    await until(async () => (await waitingForLock(b)) > 0);
    const [row] = encodeRows([{ ...stopped('a'), stream }], new Date());
    await insertByHand(holder, 0, row!);
    await holder.query('COMMIT');
    holder.release();
    await expect(decision).rejects.toMatchObject({ code: 'wipe-completed' });
    expect(await a.store.size()).toBe(1);
  });

  it('tell one another how far the log has grown, each size once, never backwards', async () => {
    const [a, b] = [await open(), await open()];
    const sizes: number[] = [];
    b.store.grew.subscribe((size) => sizes.push(size));
    for (const n of range(30)) await [a, b][n % 2]!.store.append([stopped(String(n))]);
    await until(() => sizes.at(-1) === 30);
    expect(sizes).toEqual([...new Set(sizes)].toSorted((x, y) => x - y));
  });

  it('find out by themselves how far the log has grown where notifications are lost', async () => {
    const [a, b] = [await open(), await open()];
    const sizes: number[] = [];
    b.store.grew.subscribe((size) => sizes.push(size));
    for (const n of range(2)) {
      const [row] = encodeRows([stopped(String(n))], new Date());
      await insertByHand(a.connection.pool, n, row!);
      await until(() => sizes.length === n + 1);
    }
    expect(sizes).toEqual([1, 2]);
  });

  it('believe no notification that says more than the log has', async () => {
    const [a, b] = [await open(), await open()];
    const sizes: number[] = [];
    b.store.grew.subscribe((size) => sizes.push(size));
    await a.connection.notify('vestige_log', '1000');
    await a.store.append([stopped('a')]);
    await until(() => sizes.length > 0);
    expect(sizes).toEqual([1]);
  });

  it('throw out who holds the head and does nothing, and go on', async () => {
    const [a, stuck] = [await open(), await open({ idleInTransactionTimeoutMs: 200 })];
    const holder = await holdHead(stuck);
    expect(await a.store.append([stopped('a')])).toEqual([{ position: 0, isNew: true }]);
    await expect(holder.query('COMMIT')).rejects.toBeInstanceOf(Error);
    holder.release(true);
  });

  it('answer that the log is not available while the head is held for too long, and go on after', async () => {
    const [a, b] = [await open({ lockTimeoutMs: 100 }), await open()];
    const holder = await holdHead(b);
    const unavailable = { status: 'rejected', reason: { code: 'unavailable' } };
    expect(
      await Promise.allSettled([
        a.store.append([stopped('a')]),
        a.store.append([stopped('b')]),
        a.store.decide(onlyOnce, 'wipe-a', null, context),
      ]),
    ).toMatchObject([unavailable, unavailable, unavailable]);
    await holder.query('ROLLBACK');
    holder.release();
    expect(await a.store.append([stopped('a')])).toEqual([{ position: 0, isNew: true }]);
  });

  it('append at once after the connection was cut on which they append', async () => {
    const [a, b] = [await open(), await open()];
    await a.store.append([stopped('a')]);
    const noticed = once(a.connection.pool, 'remove');
    await b.connection.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND query LIKE '%vestige_append(%'
         AND pid <> pg_backend_pid()`,
    );
    await noticed;
    expect(await a.store.append([stopped('b')])).toEqual([{ position: 1, isNew: true }]);
  });
});
