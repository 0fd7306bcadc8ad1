import { randomUUID } from 'node:crypto';

import { endpoints, type Secret } from '@vestige/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  deliveredOrder,
  discovered,
  opening,
  readOf,
  TestAgent,
  wiped,
} from '../testing/test-agent.ts';
import { startApi, type TestApi } from '../testing/test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const newGuid = () => randomUUID();

/** A guest with these secrets present. */
async function guestWith(...guids: string[]): Promise<{ agent: TestAgent; secrets: Secret[] }> {
  const agent = await api.agent();
  await agent.observe(0, [...opening(), ...guids.map((guid) => discovered(guid))]);
  const { items } = await api.api(endpoints.listSecrets, { query: { guest: agent.guest } });
  return { agent, secrets: items.toReversed() };
}

const order = (select: object, more: object = {}) =>
  api.api(endpoints.requestWipe, { body: { select, reason: 'test', ...more } });

const problemOf = async (refused: Promise<unknown>): Promise<{ code: string; detail: string }> => {
  try {
    await refused;
    return { code: 'accepted', detail: '' };
  } catch (error) {
    return (error as { problem: { code: string; detail: string } }).problem;
  }
};

const codeOf = async (refused: Promise<unknown>) => (await problemOf(refused)).code;

describe('a wipe order', () => {
  it('reaches its guest within a second, and is told truthfully to the end', async () => {
    const guid = newGuid();
    const { agent, secrets } = await guestWith(guid);
    const polling = agent.orders(-1, 20);
    const { id, targets } = await order({ secrets: [secrets[0]!.id] });
    const orderedAt = Date.now();
    const { json } = await polling;
    expect(Date.now() - orderedAt).toBeLessThan(1000);
    expect(json.orders).toMatchObject([{ order: id, secret: secrets[0]!.id, boot: agent.boot }]);
    expect(targets).toMatchObject([{ secret: secrets[0]!.id, guestPresence: 'online' }]);
    const target = async () =>
      (await api.api(endpoints.listWipeTargets, { params: { id: id! }, query: {} })).items[0];
    expect((await target())?.state).toBe('queued');
    await agent.observe(4, [deliveredOrder(guid, id!)]);
    await expect.poll(async () => (await target())?.state).toBe('delivered');
    await agent.observe(5, [wiped(guid, id!)]);
    await expect.poll(async () => (await target())?.state).toBe('verified');
    const wipe = await api.api(endpoints.getWipe, { params: { id: id! } });
    expect(wipe).toMatchObject({
      state: 'completed',
      outcome: 'succeeded',
      counts: { verified: 1 },
    });
    expect(wipe.requestedBy.name).toBe('bootstrap');
    const secret = await api.api(endpoints.getSecret, { params: { id: secrets[0]!.id } });
    expect(secret).toMatchObject({ state: 'wiped', verification: 'pass', pendingWipe: null });
    expect(await codeOf(order({ secrets: [secret.id] }))).toBe('nothing-to-wipe');
    expect((await agent.orders(json.next, 0)).json.orders).toEqual([]);
  });

  it('is given again to an agent that starts anew until it is answered', async () => {
    const { agent, secrets } = await guestWith(newGuid());
    const { id } = await order({ secrets: [secrets[0]!.id] });
    for (let i = 0; i < 2; i++)
      expect((await agent.orders(-1, 0)).json.orders).toMatchObject([{ order: id }]);
  });

  it('of something unknown is refused by name', async () => {
    const unknown = randomUUID();
    for (const select of [{ secrets: [unknown] }, { guests: [unknown] }])
      await expect(order(select)).rejects.toMatchObject({
        problem: { status: 422, code: 'unknown-target', detail: expect.stringContaining(unknown) },
      });
    expect(await codeOf(order({ guids: [unknown] }))).toBe('nothing-to-wipe');
    expect(await codeOf(order({}))).toBe('invalid-request');
  });

  it('narrows by every facet and lists what it cannot take', async () => {
    const [one, two] = [newGuid(), newGuid()];
    const { agent, secrets } = await guestWith(one, two);
    await guestWith(one);
    const both = await order({ guests: [agent.guest], guids: [one] }, { dryRun: true });
    expect(both.targets.map(({ secret }) => secret)).toEqual([secrets[0]!.id]);
    await order({ secrets: [secrets[0]!.id] });
    const rest = await order({ secrets: secrets.map(({ id }) => id) });
    expect(rest.targets.map(({ secret }) => secret)).toEqual([secrets[1]!.id]);
    expect(rest.skipped).toMatchObject([{ secret: secrets[0]!.id, state: 'present' }]);
    expect(await codeOf(order({ guests: [agent.guest] }))).toBe('nothing-to-wipe');
  });

  it('that finds nothing says why in one sentence for each cause', async () => {
    const detail = async (select: object) => {
      const { code, detail: why } = await problemOf(order(select));
      expect(code).toBe('nothing-to-wipe');
      return why;
    };
    const [one, two, three, unknown] = [newGuid(), newGuid(), newGuid(), newGuid()];
    const { agent, secrets } = await guestWith(one, two, three);
    const guests = [agent.guest];
    const first = await order({ guests });
    expect(await detail({ guests })).toBe(`3 secrets: a wipe is under way, order ${first.id}.`);
    await agent.observe(6, [wiped(one, first.id!)]);
    expect(await detail({ guids: [one] })).toBe('1 secret: not present any more, wiped.');
    expect(await detail({ secrets: secrets.map(({ id }) => id) })).toMatch(
      /^(2 secrets: a wipe is under way, order \S+\. ?|1 secret: not present any more, wiped\. ?){2}$/,
    );
    expect(await detail({ guids: [unknown] })).toBe('No secret in the fleet has this GUID.');
    expect(await detail({ labels: { env: unknown } })).toBe(
      'No secret in the fleet has this label.',
    );
    expect(await detail({ guids: [unknown], labels: { env: unknown } })).toBe(
      'No secret in the fleet has this GUID or this label.',
    );
    const other = await guestWith(unknown);
    expect(await detail({ guests: [other.agent.guest], guids: [one] })).toBe(
      'No secret fits all that was selected.',
    );
  });

  it('claims a secret once when two are made at once', async () => {
    const { secrets } = await guestWith(newGuid());
    const select = { secrets: [secrets[0]!.id] };
    const codes = await Promise.all([codeOf(order(select)), codeOf(order(select))]);
    expect(codes.toSorted()).toEqual(['accepted', 'nothing-to-wipe']);
  });

  it('only looks when it is a dry run', async () => {
    const { agent, secrets } = await guestWith(newGuid());
    const { position } = await api.api(endpoints.getOverview, {});
    const dry = await order({ secrets: [secrets[0]!.id] }, { dryRun: true });
    expect([dry.id, dry.dryRun, dry.targets.length]).toEqual([null, true, 1]);
    expect((await api.api(endpoints.getOverview, {})).position).toBe(position);
    expect((await agent.orders(-1, 0)).json.orders).toEqual([]);
  });

  it('with a deadline that is over is refused, and ends at its deadline otherwise', async () => {
    const { secrets } = await guestWith(newGuid());
    const select = { secrets: [secrets[0]!.id] };
    const past = new Date(Date.now() - 1000).toISOString();
    expect(await codeOf(order(select, { executeBefore: past }))).toBe('deadline-passed');
    const soon = new Date(Date.now() + 300).toISOString();
    const { id } = await order(select, { executeBefore: soon });
    const state = async () =>
      (await api.api(endpoints.listWipeTargets, { params: { id: id! }, query: {} })).items[0]
        ?.state;
    await expect.poll(state, { timeout: 15_000, interval: 200 }).toBe('expired');
  });

  it('too large is refused', async () => {
    const guids = Array.from({ length: 101 }, newGuid);
    const { agent } = await guestWith(...guids);
    expect(await codeOf(order({ guests: [agent.guest] }))).toBe('too-many-targets');
  });

  it('can be cancelled until an agent has it', async () => {
    const [one, two] = [newGuid(), newGuid()];
    const { agent, secrets } = await guestWith(one, two);
    const { id } = await order({ secrets: secrets.map((secret) => secret.id) });
    await agent.observe(5, [deliveredOrder(one, id!)]);
    const cancelled = await api.api(endpoints.cancelWipe, { params: { id: id! } });
    expect(cancelled.counts).toEqual({ delivered: 1, cancelled: 1 });
    const delivered = await order({ secrets: [secrets[1]!.id] });
    await agent.observe(6, [deliveredOrder(two, delivered.id!)]);
    expect(await codeOf(api.api(endpoints.cancelWipe, { params: { id: delivered.id! } }))).toBe(
      'already-delivered',
    );
    await agent.observe(7, [wiped(one, id!)]);
    const wipe = () => api.api(endpoints.getWipe, { params: { id: id! } });
    await expect.poll(async () => (await wipe()).outcome).toBe('partly');
    expect(await codeOf(api.api(endpoints.cancelWipe, { params: { id: randomUUID() } }))).toBe(
      'not-found',
    );
  });

  it('is refused to a role that may only read', async () => {
    const { agent, secrets } = await guestWith(newGuid());
    const viewer = api.as('viewer');
    const body = { select: { secrets: [secrets[0]!.id] }, reason: 'test' };
    expect(await codeOf(viewer(endpoints.requestWipe, { body }))).toBe('not-allowed');
    expect(await codeOf(viewer(endpoints.issueEnrolmentToken, { body: {} }))).toBe('not-allowed');
    expect(await codeOf(viewer(endpoints.getGuest, { params: { id: agent.guest } }))).toBe(
      'accepted',
    );
  });

  it('sees a secret that was read as read', async () => {
    const guid = newGuid();
    const { agent, secrets } = await guestWith(guid);
    await agent.observe(4, [readOf(guid, 7), readOf(guid, 8)]);
    const { targets } = await order({ secrets: [secrets[0]!.id] }, { dryRun: true });
    expect(targets[0]?.reads).toBe(2);
  });
});
