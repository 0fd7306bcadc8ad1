import { randomUUID } from 'node:crypto';

import { endpoints } from '@vestige/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { JoinedAgent } from '../testing/joined-agent.ts';
import { discovered, opening, readOf } from '../testing/test-agent.ts';
import { startApi, type TestApi } from '../testing/test-api.ts';

const guid = '736870e5-84f0-4973-92ec-06879ce3da0b';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

async function joined(): Promise<JoinedAgent> {
  const agent = new JoinedAgent(api.url);
  await agent.enrol(await api.token());
  return agent;
}

/** A guest that has shown what it was given, once. */
async function known(): Promise<JoinedAgent> {
  const agent = await joined();
  await agent.observe(0, [...opening(), discovered(guid)]);
  return agent;
}

const guestOf = ({ guest }: JoinedAgent) => api.api(endpoints.getGuest, { params: { id: guest } });
const byPerson = (agent: JoinedAgent, reason: string) =>
  ({ params: { id: agent.guest }, body: { reason } }) as const;
const release = (agent: JoinedAgent) =>
  api.api(endpoints.releaseGuest, byPerson(agent, 'looked into it'));
const eventsOf = async ({ guest }: JoinedAgent, type: 'guest.quarantined' | 'guest.released') =>
  (await api.api(endpoints.listEvents, { query: { guest, type } })).items;

async function expectQuarantined(agent: JoinedAgent, detail: RegExp): Promise<void> {
  expect(await guestOf(agent)).toMatchObject({ quarantined: true });
  const events = await eventsOf(agent, 'guest.quarantined');
  expect(events).toHaveLength(1);
  expect(events[0]).toMatchObject({
    actor: { kind: 'service' },
    data: { reason: 'clone-suspected', detail: expect.stringMatching(detail) },
  });
}

const expectRefused = ({ status, json }: { status: number; json: { code?: string } }) =>
  expect([status, json.code]).toEqual([403, 'quarantined']);

const codeOf = (said: Promise<unknown>) =>
  said.catch((error: { problem: { code: string } }) => error.problem.code);

describe('a join state', () => {
  it('is given at enrolment and with every batch, each another', async () => {
    const agent = await joined();
    const states = [agent.joinState];
    for (const seq of [0, 1, 2]) {
      await agent.observe(seq, [readOf(guid, seq)]);
      states.push(agent.joinState);
    }
    expect(new Set(states).size).toBe(4);
    for (const state of states) expect(state).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it('is given again where the answer was lost, however often, also when the batch has grown', async () => {
    const agent = await known();
    const lost = agent.copy();
    await lost.observe(4, [readOf(guid, 4)]);
    for (const more of [[], [], [5], [5]]) {
      const again = agent.copy();
      const said = [4, ...more].map((seq) => readOf(guid, seq));
      const { status } = await again.observe(4, said);
      expect([status, again.joinState]).toEqual([200, lost.joinState]);
    }
    const { json } = await lost.observe(6, [readOf(guid, 6)]);
    expect(json.ackedThrough).toBe(6);
  });

  it('of a repetition that comes when the guest has gone on decides nothing', async () => {
    const agent = await known();
    const late = agent.batch(4, [readOf(guid, 4)]);
    await agent.observe(4, [readOf(guid, 4)]);
    await agent.observe(5, [readOf(guid, 5)]);
    const answer = await agent.send(late);
    expect([answer.status, answer.json.joinState]).toEqual([200, null]);
    expect((await agent.observe(6, [readOf(guid, 6)])).status).toBe(200);
  });

  it('need not be shown by an agent that cannot keep one', async () => {
    const agent = await api.agent();
    for (const seq of [0, 1, 2])
      expect((await agent.observe(seq, [readOf(guid, seq)])).json.joinState).not.toBeNull();
    expect(await guestOf(agent as JoinedAgent)).toMatchObject({ quarantined: false });
  });

  it('that is lost with the answer to the enrolment is the same when it is asked for again', async () => {
    const agent = new JoinedAgent(api.url);
    const token = await api.token();
    await agent.enrol(token);
    const first = agent.joinState;
    await agent.enrol(token);
    expect([agent.joinState, first]).toEqual([first, expect.any(String)]);
  });
});

describe('two copies of one guest', () => {
  it.each(['the original', 'the copy'])('are both refused when %s speaks second', async (who) => {
    const original = await known();
    const copy = original.copy();
    const [first, second] = who === 'the copy' ? [original, copy] : [copy, original];
    expect((await first.observe(0, opening(), randomUUID())).status).toBe(200);
    expectRefused(await second.observe(0, opening(), randomUUID()));
    await expectQuarantined(original, /before the last/);
    for (const agent of [first, second]) {
      expectRefused(await agent.observe(0, opening(), randomUUID()));
      expectRefused(await agent.orders(-1, 0));
      expectRefused(await agent.policies(-1, 0));
    }
  });

  it('that were made while an answer was under way are found out when both go on', async () => {
    const original = await known();
    const copy = original.copy();
    for (const agent of [original, copy])
      expect((await agent.observe(4, [readOf(guid, 4)])).status).toBe(200);
    expect((await original.observe(0, opening(), randomUUID())).status).toBe(200);
    expectRefused(await copy.observe(0, opening(), randomUUID()));
  });

  it('of one boot are found out by what they say differently', async () => {
    const original = await known();
    const copy = original.copy();
    await original.observe(4, [readOf(guid, 4)]);
    const { status, json } = await copy.observe(4, [readOf(guid, 99)]);
    expect([status, json.code]).toEqual([409, 'sequence-conflict']);
    await expectQuarantined(original, /another observation under seq 4/);
    expectRefused(await original.observe(5, [readOf(guid, 5)]));
  });

  it('of which one forgets its state are found out, too', async () => {
    const original = await known();
    const copy = Object.assign(original.copy(), { joinState: null });
    expectRefused(await copy.observe(0, opening(), randomUUID()));
    await expectQuarantined(original, /showed no join state/);
  });

  it('go on as one when a person released it: the first that speaks is the guest', async () => {
    const original = await known();
    const copy = original.copy();
    await original.observe(0, opening(), randomUUID());
    expectRefused(await copy.observe(0, opening(), randomUUID()));
    expect(await release(original)).toEqual({ id: original.guest, quarantined: false });
    expect((await original.observe(4, [readOf(guid, 4)])).status).toBe(200);
    expect((await original.observe(5, [readOf(guid, 5)])).status).toBe(200);
    expectRefused(await copy.observe(0, opening(), randomUUID()));
    expect(await eventsOf(original, 'guest.quarantined')).toHaveLength(2);
  });
});

describe('a guest that was rolled back', () => {
  it('is found out when it says something new, and told nothing before', async () => {
    const guest = await known();
    const snapshot = guest.copy();
    for (const seq of [4, 5]) await guest.observe(seq, [readOf(guid, seq)]);
    const repeated = await snapshot.observe(4, [readOf(guid, 4)]);
    expect([repeated.status, repeated.json.joinState]).toEqual([200, null]);
    expectRefused(await snapshot.observe(0, opening(), randomUUID()));
    await expectQuarantined(guest, /rolled back/);
  });
});

describe('a quarantine by a person', () => {
  it('takes and gives nothing until it is over, and is read right after', async () => {
    const agent = await known();
    const quarantine = () =>
      api.api(endpoints.quarantineGuest, byPerson(agent, 'found in a stolen image'));
    expect(await quarantine()).toEqual({ id: agent.guest, quarantined: true });
    expect(await guestOf(agent)).toMatchObject({ quarantined: true });
    const { items } = await api.api(endpoints.listGuests, { query: { limit: 500 } });
    expect(items.find(({ id }) => id === agent.guest)).toMatchObject({ quarantined: true });
    await quarantine();
    expect(await eventsOf(agent, 'guest.quarantined')).toMatchObject([
      {
        actor: { kind: 'token' },
        data: { reason: 'by-operator', detail: 'found in a stolen image' },
      },
    ]);
    expectRefused(await agent.observe(4, [readOf(guid, 4)]));
    await release(agent);
    await release(agent);
    expect(await eventsOf(agent, 'guest.released')).toMatchObject([
      { actor: { kind: 'token' }, data: { reason: 'looked into it' } },
    ]);
    expect((await agent.observe(4, [readOf(guid, 4)])).json.ackedThrough).toBe(4);
  });

  it('gives no order to an agent that was waiting for one', async () => {
    const agent = await known();
    const waiting = agent.orders(-1, 20);
    await api.api(endpoints.quarantineGuest, byPerson(agent, 'doubt'));
    const select = { guests: [agent.guest] };
    await api.api(endpoints.requestWipe, { body: { select, reason: 'to be safe' } });
    expectRefused(await waiting);
    await release(agent);
    expect((await agent.orders(-1, 0)).json.orders).toHaveLength(1);
  });

  it('is for operators and admins, and of guests that exist', async () => {
    const agent = await known();
    const said = byPerson(agent, 'no');
    for (const role of ['viewer', 'auditor', 'approver'] as const) {
      expect(await codeOf(api.as(role)(endpoints.quarantineGuest, said))).toBe('not-allowed');
      expect(await codeOf(api.as(role)(endpoints.releaseGuest, said))).toBe('not-allowed');
    }
    await api.as('operator')(endpoints.quarantineGuest, said);
    const nobody = { ...said, params: { id: randomUUID() } };
    expect(await codeOf(api.api(endpoints.quarantineGuest, nobody))).toBe('not-found');
    expect(await codeOf(api.api(endpoints.releaseGuest, nobody))).toBe('not-found');
  });
});
