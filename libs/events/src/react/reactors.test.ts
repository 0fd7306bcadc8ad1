import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Log } from '../log.ts';
import { GuestStory, idOf, refOf } from '../testing/guest-story.ts';
import { openTestLog } from '../testing/test-log.ts';
import { findSecret } from '../views/query-secrets.ts';
import { findWipe, openOrders, queryTargets } from '../views/query-wipes.ts';
import { wipeDecider } from '../wipe/decide.ts';
import { expireOverdue } from './expire-overdue.ts';

const now = '2026-01-31T12:00:00.000Z';
const overdue = '2026-01-31T13:00:00Z';
let log: Log;
let guest: GuestStory;

beforeEach(async () => {
  log = await openTestLog({ clock: () => new Date(now) });
  guest = new GuestStory();
  const started = [guest.enrolled(), guest.booted(), guest.found()];
  await log.store.append([...started, guest.discovered('a'), guest.discovered('b')]);
  await log.followers.settled();
});
afterEach(async () => {
  await log.close();
});

async function request(order: string, names: readonly string[], story = guest): Promise<void> {
  const targets = names.map((name) => story.target(name));
  const data = { reason: 'test', ticket: null, executeBefore: overdue, targets };
  const command = { type: 'Request', now, ...data } as const;
  await log.store.decide(wipeDecider, `wipe-${idOf(order)}`, command, {
    actor: { kind: 'service' },
  });
}

async function targetStates(order: string): Promise<Record<string, string>> {
  await log.followers.settled();
  const { items } = await queryTargets(log.dataSource, { wipe: idOf(order), limit: 100 });
  return Object.fromEntries(items.map(({ secret, state }) => [secret, state]));
}

const types = async (): Promise<string[]> =>
  (await log.store.read(0, 1000)).map(({ event }) => event.type);

describe('the progress of a wipe order', () => {
  it.each([
    ['pass', 'verified'],
    ['unknown', 'wiped'],
    ['fail', 'failed'],
  ] as const)('makes %s of the check after the wipe %s', async (result, state) => {
    await request('order', ['a', 'b']);
    await log.store.append([guest.delivered('order', 'a'), guest.wiped('a', 'order', result)]);
    expect(await targetStates('order')).toEqual({
      [guest.secret('a')]: state,
      [guest.secret('b')]: 'queued',
    });
  });

  it.each([
    ['already-gone', 'already-gone'],
    ['refused', 'refused'],
    ['expired', 'expired'],
    ['io-error', 'failed'],
    ['not-verified', 'failed'],
  ] as const)('makes an answer of %s a target that is %s', async (reason, state) => {
    await request('order', ['a']);
    await log.store.append([guest.wipeFailed('a', 'order', reason)]);
    expect(await targetStates('order')).toEqual({ [guest.secret('a')]: state });
  });

  it('completes the order once, and frees the secret of it', async () => {
    await request('order', ['a', 'b']);
    await log.followers.settled();
    expect(await findSecret(log.dataSource, guest.secret('a'))).toMatchObject({
      pendingWipe: idOf('order'),
    });
    await log.store.append([
      guest.wiped('a', 'order'),
      guest.wiped('b', 'order'),
      guest.wiped('a', 'order'),
    ]);
    await log.followers.settled();
    expect(await findWipe(log.dataSource, idOf('order'))).toMatchObject({
      state: 'completed',
      outcome: 'succeeded',
      counts: { verified: 2 },
    });
    expect((await types()).filter((type) => type === 'wipe.completed')).toHaveLength(1);
    expect(await findSecret(log.dataSource, guest.secret('a'))).toMatchObject({
      pendingWipe: null,
      state: 'wiped',
      verification: 'pass',
    });
  });

  it("ignores what an agent says of an unknown order, or of another guest's", async () => {
    const other = new GuestStory('other');
    await request('order', ['a']);
    await log.store.append([other.enrolled(), other.booted(), other.discovered('a')]);
    await log.store.append([other.wiped('a', 'order'), other.delivered('order', 'a')]);
    await log.store.append([guest.wiped('b', 'no such order'), guest.wiped('b')]);
    expect(await targetStates('order')).toEqual({ [guest.secret('a')]: 'queued' });
    expect(await findWipe(log.dataSource, idOf('no such order'))).toBeNull();
  });

  it('gives an agent its open orders after a position, until they are answered', async () => {
    await request('order 1', ['a']);
    await request('order 2', ['b']);
    await log.followers.settled();
    const open = await openOrders(log.dataSource, guest.guest, -1);
    expect(open.map(({ order }) => order)).toEqual([idOf('order 1'), idOf('order 2')]);
    expect(open[0]).toMatchObject({
      secret: guest.secret('a'),
      ref: refOf('a'),
      executeBefore: overdue,
    });
    await log.store.append([guest.delivered('order 1', 'a'), guest.wiped('b', 'order 2')]);
    await log.followers.settled();
    expect((await openOrders(log.dataSource, guest.guest, -1)).map(({ order }) => order)).toEqual([
      idOf('order 1'),
    ]);
    expect(await openOrders(log.dataSource, guest.guest, open[0]!.position)).toEqual([]);
    expect(await openOrders(log.dataSource, idOf('other'), -1)).toEqual([]);
  });
});

describe('the end of a boot', () => {
  it('ends what was present, loses its orders, and leaves alone what was gone', async () => {
    await request('order', ['a']);
    await log.store.append([guest.unlinked('b')]);
    const next = new GuestStory('guest', 'boot 2');
    await log.store.append([next.booted(), next.discovered('a')]);
    expect(await targetStates('order')).toEqual({ [guest.secret('a')]: 'lost' });
    const states = [guest.secret('a'), guest.secret('b'), next.secret('a')].map(
      async (id) => (await findSecret(log.dataSource, id))!.state,
    );
    expect(await Promise.all(states)).toEqual(['ended', 'unlinked', 'present']);
    expect(await findWipe(log.dataSource, idOf('order'))).toMatchObject({ outcome: 'failed' });
  });

  it('ends what is reported of an earlier boot when that is over already', async () => {
    await log.store.append([new GuestStory('guest', 'boot 2').booted()]);
    await log.followers.settled();
    await log.store.append([guest.discovered('late'), guest.discovered('a')]);
    await log.followers.settled();
    expect(await findSecret(log.dataSource, guest.secret('late'))).toMatchObject({
      state: 'ended',
    });
    expect(await findSecret(log.dataSource, guest.secret('a'))).toMatchObject({ state: 'ended' });
    expect((await types()).filter((type) => type === 'secret.ended')).toHaveLength(3);
  });

  it('loses an order that came after the end', async () => {
    await log.store.append([new GuestStory('guest', 'boot 2').booted()]);
    await log.followers.settled();
    await request('order', ['a']);
    expect(await targetStates('order')).toEqual({ [guest.secret('a')]: 'lost' });
  });
});

describe('overdue orders', () => {
  it('expire once, with what has no answer', async () => {
    await request('order', ['a', 'b']);
    await log.store.append([guest.wiped('a', 'order')]);
    await log.followers.settled();
    expect(await expireOverdue(log, new Date('2026-01-31T12:59:59.000Z'))).toBe(0);
    expect(await expireOverdue(log, new Date('2026-01-31T13:00:01.000Z'))).toBe(1);
    expect(await targetStates('order')).toEqual({
      [guest.secret('a')]: 'verified',
      [guest.secret('b')]: 'expired',
    });
    expect(await expireOverdue(log, new Date('2026-01-31T13:00:01.000Z'))).toBe(0);
    expect(await findWipe(log.dataSource, idOf('order'))).toMatchObject({ outcome: 'partly' });
  });

  it('that were carried out in time end as the agent says, however late its word comes', async () => {
    await request('order', ['a']);
    await log.followers.settled();
    await expireOverdue(log, new Date('2026-01-31T13:00:01.000Z'));
    expect(await targetStates('order')).toEqual({ [guest.secret('a')]: 'expired' });
    const ended = await findWipe(log.dataSource, idOf('order'));
    expect(ended).toMatchObject({ outcome: 'failed' });
    await log.store.append([guest.wiped('a', 'order')]);
    expect(await targetStates('order')).toEqual({ [guest.secret('a')]: 'verified' });
    expect(await findWipe(log.dataSource, idOf('order'))).toMatchObject({
      state: 'completed',
      outcome: 'succeeded',
      completedAt: ended!.completedAt,
    });
    expect(await types()).toContain('wipe.expired');
  });

  it('expire although another order cannot be decided', async () => {
    await request('order 1', ['a']);
    await request('order 2', ['b']);
    await log.followers.settled();
    const store = Object.create(log.store) as typeof log.store;
    store.decide = (decider, stream, command, context) =>
      stream.endsWith(idOf('order 1'))
        ? Promise.reject(new Error('not this one'))
        : log.store.decide(decider, stream, command, context);
    const context = { store, dataSource: log.dataSource };
    await expect(expireOverdue(context, new Date('2026-01-31T13:00:01.000Z'))).rejects.toThrow(
      'not this one',
    );
    expect(await targetStates('order 2')).toEqual({ [guest.secret('b')]: 'expired' });
  });
});
