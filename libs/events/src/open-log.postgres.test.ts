import { generateKeyPair, noteSigner, signCheckpoint } from '@vestige/tlog';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Log } from './log.ts';
import { openLog } from './open-log.ts';
import { GuestStory, idOf } from './testing/guest-story.ts';
import { newDatabase, type TestDatabase } from './testing/postgres-database.ts';
import { findGuest } from './views/guests.ts';
import { queryEvents } from './views/query-events.ts';
import { findSecret } from './views/query-secrets.ts';
import { findWipe } from './views/query-wipes.ts';
import { type WipeCommand, wipeDecider } from './wipe/decide.ts';

const origin = 'log.example/replicas';
const { signerKey } = generateKeyPair(origin);

let database: TestDatabase;
let replicas: Log[];

const open = async (): Promise<Log> => {
  const log = await openLog({
    file: database.url,
    signing: {
      signedSize: () => 0,
      sign: (head) => signCheckpoint({ origin, ...head }, [noteSigner(signerKey)]),
    },
  });
  replicas.push(log);
  return log;
};

beforeEach(async () => {
  database = await newDatabase();
  replicas = [];
});
afterEach(async () => {
  await Promise.all(replicas.map((log) => log.close()));
  await database.drop();
});

async function onDatabase<T extends object>(sql: string): Promise<T[]> {
  const client = new Client(database.url);
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Reads one after the other, each to be seen right after it is in the log. */
const reads = async (log: Log, guest: GuestStory): Promise<void> => {
  for (let round = 1; round <= 15; round += 1) {
    const [appended] = await log.store.append([guest.read('a')]);
    await log.followers.reached(appended!.position);
    expect(await findSecret(log.dataSource, guest.secret('a'))).toMatchObject({ reads: round });
  }
};

describe('replicas of one service', () => {
  it('bring one database up at the same time', async () => {
    const logs = await Promise.all([open(), open(), open()]);
    const guest = new GuestStory();
    await logs[0].store.append([guest.enrolled()]);
    for (const log of logs) {
      await log.followers.reached(0);
      expect(await findGuest(log.dataSource, guest.guest)).toMatchObject({ name: 'db-1' });
    }
  });

  it('let whoever wrote read it, and give every event its effect once', async () => {
    const [one, other] = [await open(), await open()];
    const guests = ['1', '2', '3', '4'].map((name) => new GuestStory(name));
    await one.store.append(
      guests.flatMap((guest) => [guest.enrolled(), guest.booted(), guest.discovered('a')]),
    );
    await Promise.all(guests.map((guest, index) => reads(index % 2 ? one : other, guest)));
    const size = await one.store.size();
    expect(size).toBe(4 * 18);
    const [counted] = await onDatabase<{ reads: number }>(
      'SELECT sum(reads)::int AS reads FROM activity_view',
    );
    expect(counted).toEqual({ reads: 60 });
  });

  it('carry a wipe to its end whichever of them hears of it', async () => {
    const [one, other] = [await open(), await open()];
    const guest = new GuestStory();
    await one.store.append([guest.enrolled(), guest.booted(), guest.discovered('a')]);
    const command: WipeCommand = {
      type: 'Request',
      now: '2026-01-31T12:00:00Z',
      reason: 'test',
      ticket: null,
      executeBefore: null,
      targets: [guest.target('a')],
    };
    const stream = `wipe-${idOf('order')}`;
    await one.store.decide(wipeDecider, stream, command, { actor: { kind: 'service' } });
    await other.store.append([guest.wiped('a', 'order')]);
    await expect
      .poll(() => findWipe(one.dataSource, idOf('order')))
      .toMatchObject({ state: 'completed', outcome: 'succeeded' });
    const completed = await queryEvents(one.dataSource, { limit: 9, type: 'wipe.completed' });
    expect(completed.items).toHaveLength(1);
  });

  it('sign one history, and all know the newest checkpoint', async () => {
    const [one, other] = [await open(), await open()];
    const guest = new GuestStory();
    await one.store.append([guest.enrolled(), guest.booted()]);
    await other.store.append([guest.discovered('a')]);
    for (const log of [one, other]) await expect.poll(() => log.tree.newest?.size).toBe(3);
    expect(other.tree.newest).toEqual(one.tree.newest);
  });

  it('go on when the one that was at work is gone', async () => {
    const [one, other] = [await open(), await open()];
    const guest = new GuestStory();
    await one.store.append([guest.enrolled(), guest.booted(), guest.discovered('a')]);
    await one.close();
    const [appended] = await other.store.append([guest.read('a')]);
    await other.followers.reached(appended!.position);
    expect(await findSecret(other.dataSource, guest.secret('a'))).toMatchObject({ reads: 1 });
    await expect.poll(() => other.tree.newest?.size).toBe(4);
  });

  it('do nothing under one name at the same time', async () => {
    const [one, other] = [await open(), await open()];
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await one.store.size();
      inside -= 1;
    };
    const turns = Array.from({ length: 20 }, (_, index) =>
      (index % 2 ? one : other).exclusively('orders', work),
    );
    await Promise.all(turns);
    expect(most).toBe(1);
  });

  it('leave a view alone that another version of the program keeps, and say so', async () => {
    const log = await open();
    const guest = new GuestStory();
    await log.store.append([guest.enrolled()]);
    await log.followers.reached(0);
    await onDatabase("UPDATE follower SET shape = 'newer' WHERE name = 'secrets'");
    await log.store.append([guest.booted(), guest.discovered('a')]);
    await expect(log.followers.reached(2)).rejects.toMatchObject({ code: 'follower-failed' });
    await expect
      .poll(() => log.followers.status().find(({ name }) => name === 'secrets'))
      .toMatchObject({ failure: 'Another version of the service keeps secrets.' });
    expect(await findSecret(log.dataSource, guest.secret('a'))).toBeNull();
  });

  it('make a view anew whose shape has changed', async () => {
    const first = await open();
    const guest = new GuestStory();
    await first.store.append([guest.enrolled(), guest.booted(), guest.discovered('a')]);
    await first.followers.reached(2);
    await first.close();
    await onDatabase(
      "UPDATE follower SET shape = 'older' WHERE name = 'secrets'; DELETE FROM secret_view",
    );
    const again = await open();
    expect(await findSecret(again.dataSource, guest.secret('a'))).not.toBeNull();
  });

  it('rebuild a view while it is read and the log grows', async () => {
    const [one, other] = [await open(), await open()];
    const guest = new GuestStory();
    await one.store.append([guest.enrolled(), guest.booted(), guest.discovered('a')]);
    await one.store.append(Array.from({ length: 900 }, () => guest.read('a')));
    await one.followers.reached(902);
    await onDatabase('UPDATE secret_view SET reads = 5');
    const rebuilt = Promise.allSettled([one, other].map((log) => log.followers.rebuild('secrets')));
    await other.store.append(Array.from({ length: 100 }, () => guest.read('a')));
    const outcomes = (await rebuilt).map(({ status }) => status);
    expect(outcomes).toContain('fulfilled');
    await one.followers.reached(1002);
    expect(await findSecret(other.dataSource, guest.secret('a'))).toMatchObject({ reads: 1000 });
  });
});
