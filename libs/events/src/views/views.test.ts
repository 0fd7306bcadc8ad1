import type { CatalogueData, SourceReport } from '@vestige/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { catalogueDecider, type CatalogueCommand } from '../catalogue/decide.ts';
import type { NewEvent } from '../entry.ts';
import type { Log } from '../log.ts';
import { evidence, fact, GuestStory, idOf, source } from '../testing/guest-story.ts';
import { openTestLog } from '../testing/test-log.ts';
import { wipeDecider } from '../wipe/decide.ts';
import { queryActivity } from './activity.ts';
import { findBoot } from './boots.ts';
import {
  catalogueVersion,
  findCatalogueEntry,
  policiesInForce,
  queryCatalogue,
} from './catalogue.ts';
import { findEnrolment, queryEnrolments } from './enrolments.ts';
import { findGuest, queryGuests } from './guests.ts';
import {
  fleetSecretCounts,
  guestCounts,
  guestNames,
  guestsHeard,
  secretCountsOf,
  wipeCounts,
} from './query-counts.ts';
import { queryEvents, queryTimeline } from './query-events.ts';
import { findSecret, querySecrets } from './query-secrets.ts';
import { deliveredTargets, findWipe, queryTargets, queryWipes } from './query-wipes.ts';

const now = new Date('2026-01-31T12:30:00.000Z');
let log: Log;
let guest: GuestStory;

beforeEach(async () => {
  log = await openTestLog({ clock: () => now });
  guest = new GuestStory();
});
afterEach(async () => {
  await log.close();
});

async function happened(...events: NewEvent[]): Promise<void> {
  await log.store.append(events);
  await log.followers.settled();
}

async function request(order: string, ...names: string[]): Promise<void> {
  const targets = names.map((name) => guest.target(name));
  const data = { reason: 'test', ticket: null, executeBefore: null, targets };
  await log.store.decide(
    wipeDecider,
    `wipe-${idOf(order)}`,
    { type: 'Request', now: now.toISOString(), ...data },
    { actor: { kind: 'operator', id: 'operator' } },
  );
  await log.followers.settled();
}

const secret = async (word = 'a') => (await findSecret(log.dataSource, guest.secret(word)))!;

describe('guests', () => {
  it('shows what the agent last said of this boot', async () => {
    await happened(guest.enrolled({ env: 'prod' }), guest.booted(), guest.found(), guest.gap());
    expect(await findGuest(log.dataSource, guest.guest)).toMatchObject({
      name: 'db-1',
      labels: { env: 'prod' },
      boot: guest.boot,
      kernel: '6.12',
      platform: 'sev-snp',
      gaps: 1,
      sources: [{ source, condition: 'populated' }],
      stopped: false,
      lastEventAt: now.toISOString(),
      position: 3,
    });
    const corrupt: SourceReport = {
      source,
      condition: 'corrupt',
      capabilities: [],
      method: 'none',
      detail: '',
    };
    await happened(
      guest.saw('source.changed', corrupt),
      guest.saw('agent.stopped', { reason: '' }),
    );
    expect(await findGuest(log.dataSource, guest.guest)).toMatchObject({
      sources: [corrupt],
      corruptSources: 1,
      stopped: true,
    });
    expect(await guestCounts(log.dataSource)).toEqual({ total: 1, corruptSources: 1 });
  });

  it('starts anew with a boot, and lets late reports of the one before say nothing of it', async () => {
    const next = new GuestStory('guest', 'boot 2');
    await happened(guest.enrolled(), guest.booted(), guest.found(), guest.gap());
    await happened(next.booted(), guest.gap(), guest.saw('agent.stopped', { reason: '' }));
    expect(await findGuest(log.dataSource, guest.guest)).toMatchObject({
      boot: next.boot,
      sources: [],
      gaps: 0,
      stopped: false,
    });
  });

  it('ignores reports of a guest that never enrolled', async () => {
    await happened(guest.booted());
    expect(await findGuest(log.dataSource, guest.guest)).toBeNull();
  });

  it('is found by label, by part of a name and page by page, newest first', async () => {
    const stories = ['1', '2', '3'].map((n) => new GuestStory(n));
    await happened(
      ...stories.map((story, n) => story.enrolled({ env: n ? 'prod' : 'prod_2', n: `${n}` })),
    );
    const ids = async (query: object): Promise<string[]> =>
      (await queryGuests(log.dataSource, { limit: 10, ...query })).items.map(({ id }) => id);
    expect(await ids({ label: 'env=prod' })).toEqual([stories[2]!.guest, stories[1]!.guest]);
    expect(await ids({ label: 'env' })).toHaveLength(3);
    expect(await ids({ label: 'en' })).toEqual([]);
    expect(await ids({ label: 'env=prod%' })).toEqual([]);
    expect(await ids({ q: 'DB-' })).toHaveLength(3);
    expect(await ids({ q: stories[0]!.guest })).toEqual([stories[0]!.guest]);
    const first = await queryGuests(log.dataSource, { limit: 2 });
    expect(first.items.map(({ id }) => id)).toEqual([stories[2]!.guest, stories[1]!.guest]);
    expect(await ids({ cursor: first.next })).toEqual([stories[0]!.guest]);
    await expect(queryGuests(log.dataSource, { limit: 1, cursor: 'x' })).rejects.toMatchObject({
      code: 'bad-cursor',
    });
    expect(await guestNames(log.dataSource, [stories[0]!.guest])).toEqual(
      new Map([[stories[0]!.guest, 'db-1']]),
    );
    expect(await guestNames(log.dataSource, [])).toEqual(new Map());
    expect(await guestsHeard(log.dataSource)).toHaveLength(3);
  });
});

describe('boots', () => {
  it('knows the last observation of each', async () => {
    await happened(guest.enrolled(), guest.booted(), guest.gap('queue-overflow'));
    expect(await findBoot(log.dataSource, guest.guest, guest.boot)).toMatchObject({
      lastSeq: 1,
      gaps: 1,
      isWatchedLate: false,
      firstPosition: 1,
    });
    expect(await findBoot(log.dataSource, guest.guest, idOf('other'))).toBeNull();
  });
});

describe('secrets', () => {
  beforeEach(() => happened(guest.enrolled({ env: 'prod' }), guest.booted(), guest.found()));

  it('are present when discovered, with what their source can do', async () => {
    await happened(guest.discovered('a'));
    expect(await secret()).toMatchObject({
      state: 'present',
      guestName: 'db-1',
      guestLabels: { env: 'prod' },
      guestStopped: false,
      source,
      guid: idOf('a'),
      dataLength: 32,
      capabilities: ['per-item-wipe'],
      method: 'fanotify',
      reads: 0,
      goneAt: null,
    });
  });

  it('count reads and keep the first and the last', async () => {
    const at = (time: string) => ({ ...guest.read('a'), at: time });
    await happened(guest.discovered('a'), at('2026-01-31T12:00:01Z'), at('2026-01-31T12:00:02Z'));
    expect(await secret()).toMatchObject({
      reads: 2,
      firstReadAt: '2026-01-31T12:00:01Z',
      lastReadAt: '2026-01-31T12:00:02Z',
    });
  });

  it('are known from a read alone when their discovery was lost', async () => {
    await happened(guest.read('a'));
    expect(await secret()).toMatchObject({ state: 'present', reads: 1, dataLength: null });
  });

  it('keep how they went: unlinked, vanished and wiped are never folded into one another', async () => {
    await happened(...['a', 'b', 'c'].map((word) => guest.discovered(word)));
    await happened(
      guest.unlinked('a'),
      guest.vanished('a'),
      guest.vanished('b'),
      guest.wiped('c'),
      guest.vanished('c'),
    );
    expect(await secret('a')).toMatchObject({ state: 'unlinked', verification: null });
    expect(await secret('b')).toMatchObject({ state: 'vanished' });
    expect(await secret('c')).toMatchObject({ state: 'wiped', verification: 'pass' });
  });

  it('stay present when the wipe left them listed', async () => {
    await happened(guest.discovered('a'), guest.wiped('a', null, 'fail'));
    expect(await secret()).toMatchObject({ state: 'present', verification: 'fail', goneAt: null });
  });

  it('are present again when discovered again, with the reads of before', async () => {
    await happened(guest.discovered('a'), guest.read('a'), guest.wiped('a'), guest.discovered('a'));
    expect(await secret()).toMatchObject({
      state: 'present',
      verification: null,
      goneAt: null,
      reads: 1,
    });
  });

  it.each(['wiped', 'unlinked', 'vanished'] as const)(
    'are discovered anew after they were %s, so that being gone is not counted as readable',
    async (went) => {
      const later = { ...guest.discovered('a'), at: '2026-01-31T12:20:00.000Z' };
      await happened(guest.discovered('a'), guest.discovered('b'), guest[went]('a'), later);
      expect(await secret()).toMatchObject({ discoveredAt: later.at, goneAt: null });
      const { items } = await querySecrets(log.dataSource, { limit: 10 });
      expect(items.map(({ id }) => id)).toEqual([guest.secret('a'), guest.secret('b')]);
      const { items: told } = (await queryTimeline(log.dataSource, guest.secret('a'), {
        limit: 100,
      }))!;
      const discoveries = told.filter(({ event }) => event.type === 'secret.discovered');
      expect(discoveries).toHaveLength(2);
    },
  );

  it('keep since when they are there when they are only told again', async () => {
    const again = { ...guest.discovered('a'), at: '2026-01-31T12:20:00.000Z' };
    await happened(guest.discovered('a'), again);
    expect((await secret()).discoveredAt).not.toBe(again.at);
  });

  it('are not told to be unread where nobody may have watched', async () => {
    const read = async (...events: NewEvent[]) => {
      await happened(...events);
      return (await secret(`${events.length}`)).priorAccess;
    };
    expect(await read(guest.discovered('1'))).toBe('none');
    expect(await read(guest.gap('clock-backwards'), guest.discovered('2'))).toBe('none');
    expect(await read(guest.gap('agent-down'), guest.found(), guest.discovered('3'))).toBe(
      'unknown',
    );
    expect((await secret('1')).priorAccess).toBe('none');
    await happened(guest.gap('before-agent-start'));
    expect((await secret('1')).priorAccess).toBe('unknown');
  });

  it('are found by each filter and page by page, newest first', async () => {
    await happened(
      ...['a', 'b', 'c'].map((word) => guest.discovered(word)),
      guest.read('b'),
      guest.unlinked('c'),
    );
    const words = ['a', 'b', 'c'];
    const find = async (query: object): Promise<string> =>
      (await querySecrets(log.dataSource, { limit: 10, ...query })).items
        .map(({ name }) => words.find((word) => idOf(word) === name))
        .join('');
    expect(await find({})).toBe('cba');
    expect(await find({ state: 'present' })).toBe('ba');
    expect(await find({ read: true })).toBe('b');
    expect(await find({ read: false })).toBe('ca');
    expect(await find({ guids: [idOf('a')] })).toBe('a');
    expect(await find({ guests: [guest.guest], source: 'efi-secret' })).toBe('cba');
    expect(await find({ source: 'table' })).toBe('');
    expect(await find({ labels: ['env=prod', 'env'] })).toBe('cba');
    expect(await find({ labels: ['env=test'] })).toBe('');
    // A wipe of what is labelled one way must not meet what is labelled the other.
    expect(await find({ labels: ['env=PROD'] })).toBe('');
    expect(await find({ q: 'disk' })).toBe('cba');
    expect(await find({ q: idOf('c') })).toBe('c');
    const { next } = await querySecrets(log.dataSource, { limit: 2 });
    expect(await find({ cursor: next })).toBe('a');
    expect(await findSecret(log.dataSource, idOf('none'))).toBeNull();
  });

  it('are counted by state, for the fleet and by guest', async () => {
    await happened(
      ...['a', 'b', 'c'].map((word) => guest.discovered(word)),
      guest.read('b'),
      guest.unlinked('c'),
    );
    const counts = { present: 2, wiped: 0, unlinked: 1, vanished: 0, ended: 0, read: 1 };
    expect(await fleetSecretCounts(log.dataSource)).toEqual(counts);
    const byGuest = await secretCountsOf(log.dataSource, [guest.guest, idOf('other')]);
    expect(byGuest.get(guest.guest)).toEqual(counts);
    expect(byGuest.get(idOf('other'))).toMatchObject({ present: 0, read: 0 });
    expect(await secretCountsOf(log.dataSource, [])).toEqual(new Map());
  });
});

describe('wipe orders', () => {
  beforeEach(() =>
    happened(guest.enrolled(), guest.booted(), ...['a', 'b'].map((word) => guest.discovered(word))),
  );

  it('show who asked for what, and how each target is', async () => {
    await request('order', 'a', 'b');
    await happened(guest.delivered('order', 'a'));
    expect(await findWipe(log.dataSource, idOf('order'))).toMatchObject({
      state: 'released',
      outcome: null,
      requestedBy: { kind: 'operator', id: 'operator' },
      targetCount: 2,
      counts: { queued: 1, delivered: 1 },
    });
    expect(await deliveredTargets(log.dataSource, idOf('order'))).toEqual([guest.secret('a')]);
    expect(await wipeCounts(log.dataSource)).toEqual({ open: 1, completed: 0, failed: 0 });
  });

  it('show the evidence, which may come before and after the answer counts', async () => {
    await request('order', 'a', 'b');
    await happened(guest.wiped('a', 'order'), guest.wipeFailed('b', 'order', 'refused'));
    const { items } = await queryTargets(log.dataSource, { wipe: idOf('order'), limit: 10 });
    const byState = Object.fromEntries(items.map((target) => [target.state, target]));
    expect(byState['verified']).toMatchObject({
      evidence: evidence('pass'),
      guestName: 'db-1',
      usage: 'disk key',
    });
    expect(byState['refused']).toMatchObject({ evidence: null, detail: 'as the agent says' });
    expect(await wipeCounts(log.dataSource)).toEqual({ open: 0, completed: 1, failed: 1 });
  });

  it('tell of an agent that was faster than who cancelled', async () => {
    await request('order', 'a');
    const cancel = { type: 'Cancel', delivered: [] } as const;
    const context = { actor: { kind: 'service' } } as const;
    await log.store.decide(wipeDecider, `wipe-${idOf('order')}`, cancel, context);
    await happened(guest.delivered('order', 'a'), guest.wiped('a', 'order'));
    const { items } = await queryTargets(log.dataSource, { wipe: idOf('order'), limit: 1 });
    expect(items).toMatchObject([{ state: 'verified', evidence: evidence('pass') }]);
    expect(await findWipe(log.dataSource, idOf('order'))).toMatchObject({ outcome: 'succeeded' });
    expect(await secret()).toMatchObject({ state: 'wiped' });
    const { items: told } = (await queryTimeline(log.dataSource, guest.secret('a'), {
      limit: 50,
    }))!;
    expect(told.map(({ event }) => event.type)).toContain('wipe.cancelled');
  });

  it('are found by state, by secret and page by page, newest first', async () => {
    await request('order 1', 'a');
    await happened(guest.wiped('a', 'order 1'));
    await request('order 2', 'b');
    const find = async (query: object): Promise<string[]> =>
      (await queryWipes(log.dataSource, { limit: 10, ...query })).items.map(({ id }) => id);
    expect(await find({})).toEqual([idOf('order 2'), idOf('order 1')]);
    expect(await find({ state: 'completed' })).toEqual([idOf('order 1')]);
    expect(await find({ secret: guest.secret('b') })).toEqual([idOf('order 2')]);
    const { next } = await queryWipes(log.dataSource, { limit: 1 });
    expect(await find({ cursor: next })).toEqual([idOf('order 1')]);
    expect(await find({ secret: idOf('none') })).toEqual([]);
  });

  it('list their targets page by page', async () => {
    await request('order', 'a', 'b');
    const first = await queryTargets(log.dataSource, { wipe: idOf('order'), limit: 1 });
    const rest = await queryTargets(log.dataSource, {
      wipe: idOf('order'),
      limit: 1,
      cursor: first.next!,
    });
    expect([...first.items, ...rest.items].map(({ secret: id }) => id).toSorted()).toEqual(
      [guest.secret('a'), guest.secret('b')].toSorted(),
    );
    expect(rest.next).toBeNull();
    await expect(
      queryTargets(log.dataSource, { wipe: idOf('order'), limit: 1, cursor: '?' }),
    ).rejects.toMatchObject({ code: 'bad-cursor' });
  });
});

const types = async (query: object): Promise<string[]> =>
  (await queryEvents(log.dataSource, { limit: 100, ...query })).items.map(
    ({ event }) => event.type,
  );

describe('events', () => {
  beforeEach(async () => {
    await happened(
      guest.enrolled(),
      guest.booted(),
      guest.found(),
      guest.discovered('a'),
      guest.discovered('b'),
    );
    await request('order', 'a', 'b');
    await happened(guest.read('b'), guest.delivered('order', 'a'), guest.wiped('a', 'order'));
  });

  it('are found by what they are about', async () => {
    expect(await types({ type: 'secret.discovered' })).toHaveLength(2);
    expect(await types({ guid: idOf('b') })).toEqual(['secret.discovered', 'secret.read']);
    expect(await types({ secret: guest.secret('b') })).toEqual([
      'secret.discovered',
      'wipe.requested',
      'secret.read',
    ]);
    expect(await types({ guest: idOf('other') })).toEqual([]);
    expect(await types({ wipe: idOf('order') })).toEqual([
      'wipe.requested',
      'wipe.released',
      'wipe.delivered',
      'secret.wiped',
      'wipe.confirmed',
    ]);
  });

  it('are read onwards from a position, or backwards before one', async () => {
    const first = await queryEvents(log.dataSource, { limit: 2, after: 1 });
    expect(first.items.map(({ position }) => position)).toEqual([2, 3]);
    expect(first.next).toBe('3');
    const last = await queryEvents(log.dataSource, { limit: 2, order: 'desc', before: 3 });
    expect(last.items.map(({ position }) => position)).toEqual([2, 1]);
    const end = await queryEvents(log.dataSource, { limit: 100, order: 'desc' });
    expect([end.items.at(-1)!.position, end.next]).toEqual([0, null]);
  });

  it("make a secret's timeline of all that bears on it and of nothing else", async () => {
    await happened(
      guest.gap(),
      guest.saw('source.changed', {
        source,
        condition: 'empty',
        capabilities: [],
        method: 'none',
        detail: '',
      }),
    );
    const elsewhere = { kind: 'table', path: '/elsewhere' } as const;
    await happened(
      guest.saw('source.changed', {
        source: elsewhere,
        condition: 'empty',
        capabilities: [],
        method: 'none',
        detail: '',
      }),
      new GuestStory('other').booted(),
      new GuestStory('guest', 'boot 2').gap(),
    );
    const all = (await queryTimeline(log.dataSource, guest.secret('b'), { limit: 100 }))!;
    expect(all.items.map(({ event }) => event.type)).toEqual([
      'guest.booted',
      'secret.discovered',
      'wipe.requested',
      'wipe.released',
      'secret.read',
      'agent.gap',
      'source.changed',
    ]);
    const page = (await queryTimeline(log.dataSource, guest.secret('b'), { limit: 3 }))!;
    const rest = (await queryTimeline(log.dataSource, guest.secret('b'), {
      limit: 9,
      cursor: page.next!,
    }))!;
    expect([...page.items, ...rest.items]).toEqual(all.items);
    expect(await queryTimeline(log.dataSource, idOf('none'), { limit: 1 })).toBeNull();
  });
});

describe('activity', () => {
  it('counts by hour of the service, quiet hours included', async () => {
    await happened(
      guest.enrolled(),
      guest.booted(),
      guest.discovered('a'),
      guest.read('a'),
      guest.read('a'),
    );
    await happened(guest.gap(), guest.unlinked('a'), guest.wiped('a'));
    const hours = await queryActivity(log.dataSource, now);
    expect(hours).toHaveLength(24);
    expect(hours[0]).toMatchObject({ hour: '2026-01-30T13:00:00.000Z', reads: 0 });
    expect(hours[23]).toEqual({
      hour: '2026-01-31T12:00:00.000Z',
      discovered: 1,
      reads: 2,
      unlinks: 1,
      wipes: 1,
      gaps: 1,
    });
  });
});

const issued = (token: string) =>
  fact('enrolment-token.issued', 'service', {
    token,
    uses: 2,
    expiresAt: '2026-02-01T00:00:00Z',
    labels: { env: 'test' },
  });

describe('enrolments', () => {
  it('count how often a token was used, and keep when it was revoked', async () => {
    await happened(
      issued('one'),
      issued('two'),
      guest.enrolled({}, 'one'),
      guest.enrolled({}, 'no such'),
    );
    await happened(fact('enrolment-token.revoked', 'service', { token: 'one' }));
    expect(await findEnrolment(log.dataSource, 'one')).toMatchObject({
      uses: 2,
      used: 1,
      labels: { env: 'test' },
      revokedAt: '2026-01-31T12:00:00.000Z',
    });
    const first = await queryEnrolments(log.dataSource, { limit: 1 });
    expect(first.items).toMatchObject([{ token: 'two', used: 0, revokedAt: null }]);
    const rest = await queryEnrolments(log.dataSource, { limit: 1, cursor: first.next! });
    expect(rest.items).toMatchObject([{ token: 'one' }]);
  });
});

const policy = { allow: null, maxReads: 3, wipeAfterReads: 1, wipeAfterSeconds: null };
const diskKey: CatalogueData = {
  name: 'disk key',
  purpose: '',
  owner: '',
  classification: 'restricted',
  escrow: 'unknown',
  policy: null,
};

async function said(word: string, command: CatalogueCommand): Promise<void> {
  const context = { actor: { kind: 'operator', id: 'operator' }, at: now.toISOString() } as const;
  await log.store.decide(catalogueDecider, `catalogue-${idOf(word)}`, command, context);
  await log.followers.settled();
}
const declare = (word: string, data: Partial<CatalogueData> = {}) =>
  said(word, { type: 'Declare', data: { ...diskKey, ...data } });

describe('the catalogue', () => {
  it('shows what was declared last, and forgets what was withdrawn', async () => {
    expect(await findCatalogueEntry(log.dataSource, idOf('a'))).toBeNull();
    await declare('a');
    await declare('a', { owner: 'platform', policy });
    expect(await findCatalogueEntry(log.dataSource, idOf('a'))).toEqual({
      ...diskKey,
      guid: idOf('a'),
      owner: 'platform',
      policy,
      declaredAt: now.toISOString(),
      changedAt: now.toISOString(),
      version: 1,
      withdrawn: false,
    });
    await said('a', { type: 'Withdraw' });
    expect(await findCatalogueEntry(log.dataSource, idOf('a'))).toBeNull();
    expect((await queryCatalogue(log.dataSource, { limit: 10 })).items).toEqual([]);
    await declare('a', { name: 'again' });
    expect(await findCatalogueEntry(log.dataSource, idOf('a'))).toMatchObject({ name: 'again' });
  });

  it('is listed page by page, by GUID', async () => {
    for (const word of ['a', 'b', 'c']) await declare(word);
    const guids = ['a', 'b', 'c'].map(idOf).toSorted();
    const first = await queryCatalogue(log.dataSource, { limit: 2 });
    const rest = await queryCatalogue(log.dataSource, { limit: 2, cursor: first.next! });
    expect([...first.items, ...rest.items].map(({ guid }) => guid)).toEqual(guids);
    expect(rest.next).toBeNull();
    await expect(queryCatalogue(log.dataSource, { limit: 2, cursor: '?' })).rejects.toMatchObject({
      code: 'bad-cursor',
    });
  });

  it('puts policies in force, under a version that every change moves', async () => {
    expect(await policiesInForce(log.dataSource)).toEqual({ version: -1, policies: [] });
    await declare('a', { policy });
    await declare('b');
    expect(await policiesInForce(log.dataSource)).toEqual({
      version: 1,
      policies: [{ guid: idOf('a'), version: 0, policy }],
    });
    await said('a', { type: 'Withdraw' });
    expect(await policiesInForce(log.dataSource)).toEqual({ version: 2, policies: [] });
    expect(await catalogueVersion(log.dataSource)).toBe(2);
  });

  it('has its changes among the events about a GUID', async () => {
    await declare('a');
    await said('a', { type: 'Withdraw' });
    expect(await types({ guid: idOf('a') })).toEqual(['catalogue.declared', 'catalogue.withdrawn']);
  });

  it('takes no revision of what was never declared', async () => {
    await happened(fact('catalogue.revised', `catalogue-${idOf('a')}`, diskKey));
    expect(await findCatalogueEntry(log.dataSource, idOf('a'))).toBeNull();
  });
});
