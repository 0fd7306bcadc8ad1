import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { endpoints, ProblemError } from '@vestige/contract';
import { newDatabase, type TestDatabase } from '@vestige/events/testing/postgres';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { opening, readOf, discovered, TestAgent } from './testing/test-agent.ts';
import { startApi, type TestApi } from './testing/test-api.ts';

const guid = '736870e5-84f0-4973-92ec-06879ce3da0b';

let database: TestDatabase;
let replicas: TestApi[];
beforeEach(async () => {
  database = await newDatabase();
  replicas = [];
});
afterEach(async () => {
  await Promise.all(replicas.map((api) => api.close()));
  await database.drop();
});

/** Replicas have a data directory each, and share the file of the signing keys. */
async function replica(): Promise<TestApi> {
  const [first] = replicas;
  const keys = first === undefined ? {} : { logKeyFile: join(first.dataDir, 'log-keys.json') };
  const api = await startApi({ databaseUrl: database.url, ...keys });
  replicas.push(api);
  return api;
}

/** The same guest, speaking to another replica. */
function at(api: TestApi, agent: TestAgent): TestAgent {
  return Object.assign(Object.create(agent) as TestAgent, { base: api.url });
}

const size = async (api: TestApi) => (await api.api(endpoints.logCheckpoint, {})).split('\n')[1];

async function readiness(api: TestApi): Promise<string> {
  try {
    return (await api.api(endpoints.readyz, {})).status;
  } catch (error) {
    return (error as ProblemError).problem.detail;
  }
}

describe('replicas of the service over one PostgreSQL', () => {
  it('let a guest speak to any of them, and each show what it said', async () => {
    const [one, other] = [await replica(), await replica()];
    const agent = new TestAgent(one.url);
    await agent.enrol(await other.token());
    await agent.observe(0, [...opening(), discovered(guid)]);
    await at(other, agent).observe(4, [readOf(guid, 4)]);
    // The first has not seen 4, and must neither ask for it again nor take it twice.
    expect((await agent.observe(5, [readOf(guid, 5)])).json).toMatchObject({ ackedThrough: 5 });
    expect((await at(other, agent).observe(4, [readOf(guid, 4), readOf(guid, 5)])).status).toBe(
      200,
    );
    for (const api of [one, other])
      await expect
        .poll(async () => (await api.api(endpoints.listSecrets, { query: {} })).items)
        .toMatchObject([{ guid, reads: 2 }]);
  });

  it('refuse another observation under a seq that the other one has', async () => {
    const [one, other] = [await replica(), await replica()];
    const agent = new TestAgent(one.url);
    await agent.enrol(await one.token());
    await agent.observe(0, opening());
    await at(other, agent).observe(3, [readOf(guid, 3)]);
    const { status, json } = await agent.observe(3, [readOf(guid, 99)]);
    expect([status, json.code]).toEqual([409, 'sequence-conflict']);
  });

  it('never give two orders over one secret, however they race', async () => {
    const [one, other] = [await replica(), await replica()];
    const agent = new TestAgent(one.url);
    await agent.enrol(await one.token());
    await agent.observe(0, [...opening(), discovered(guid)]);
    const ask = (api: TestApi) =>
      api.api(endpoints.requestWipe, { body: { select: { guids: [guid] }, reason: 'race' } });
    const outcomes = await Promise.allSettled([one, other, one, other].map(ask));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const { items } = await other.api(endpoints.listWipes, { query: {} });
    expect(items).toHaveLength(1);
  });

  it('give an order to the guest that waits at another', async () => {
    const [one, other] = [await replica(), await replica()];
    const agent = new TestAgent(one.url);
    await agent.enrol(await one.token());
    await agent.observe(0, [...opening(), discovered(guid)]);
    const waiting = at(other, agent).orders(-1, 20);
    await one.api(endpoints.requestWipe, { body: { select: { guids: [guid] }, reason: 'now' } });
    expect((await waiting).json.orders).toHaveLength(1);
  });

  it('know of the guests that speak to another, though they say nothing', async () => {
    const [one, other] = [await replica(), await replica()];
    const agent = new TestAgent(one.url);
    await agent.enrol(await one.token());
    await agent.observe(0, opening());
    const show = (api: TestApi) => api.api(endpoints.getGuest, { params: { id: agent.guest } });
    await expect.poll(async () => (await show(other)).boot).toBe(agent.boot);
    const { lastSeen } = await show(one);
    await agent.orders(-1, 0);
    const seen = async () => (await show(other)).lastSeen;
    await expect.poll(async () => (await seen()) > lastSeen, { timeout: 20_000 }).toBe(true);
  });

  it('need the same signing keys, and say what to do about it', async () => {
    await replica();
    const alone = mkdtempSync(join(tmpdir(), 'vestige-alone-'));
    await expect(startApi({ databaseUrl: database.url }, alone)).rejects.toThrow(
      /copy it from another replica/,
    );
    rmSync(alone, { recursive: true });
  });

  it('all notice a database that was put back, whoever signed what is lost', async () => {
    const [one, other] = [await replica(), await replica()];
    const agent = new TestAgent(one.url);
    await agent.enrol(await one.token());
    await agent.observe(0, [...opening(), discovered(guid)]);
    const log = await one.api(endpoints.listFollowers, {});
    for (const api of [one, other]) await expect.poll(() => size(api)).toBe(String(log.size));
    await database.execute(`ALTER TABLE event DISABLE TRIGGER ALL; DELETE FROM event WHERE position >= ${log.size - 1};
      UPDATE log_head SET size = ${log.size - 1}`);
    for (const api of [one, other])
      await expect
        .poll(() => readiness(api), { timeout: 15_000 })
        .toMatch(/the last 1 are missing|are missing/);
    const refused = await one.token().catch((error: unknown) => error);
    expect(refused).toMatchObject({ problem: { code: 'log-damaged' } });
  });
});
