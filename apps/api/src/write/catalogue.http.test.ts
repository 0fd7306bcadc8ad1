import { randomUUID } from 'node:crypto';

import { endpoints, type Api, type CatalogueData, type ProblemError } from '@vestige/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { JoinedAgent } from '../testing/joined-agent.ts';
import { startApi, type TestApi } from '../testing/test-api.ts';

const policy = {
  allow: [{ exe: '/usr/sbin/cryptsetup' }],
  maxReads: 1,
  wipeAfterReads: null,
  wipeAfterSeconds: 600,
};
const diskKey: CatalogueData = {
  name: 'disk key',
  purpose: 'opens the root volume',
  owner: 'platform',
  classification: 'restricted',
  escrow: 'yes',
  policy: null,
};

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const put = (guid: string, data: Partial<CatalogueData> = {}, by: Api = api.api) =>
  by(endpoints.putCatalogueEntry, { params: { guid }, body: { ...diskKey, ...data } });
const remove = (guid: string, by: Api = api.api) =>
  by(endpoints.deleteCatalogueEntry, { params: { guid } });
const show = (guid: string) => api.api(endpoints.getCatalogueEntry, { params: { guid } });
const told = async (guid: string) =>
  (await api.api(endpoints.listEvents, { query: { guid } })).items.map(({ type }) => type);

const refusal = async (said: Promise<unknown>): Promise<string> => {
  const error = await said.then(
    () => null,
    (reason: unknown) => reason as ProblemError,
  );
  return error?.problem.code ?? 'none';
};

describe('the catalogue', () => {
  it('shows at once what was declared, and who declared it', async () => {
    const guid = randomUUID();
    const declared = await put(guid);
    expect(declared).toMatchObject({ guid, ...diskKey, declaredAt: declared.changedAt });
    const revised = await put(guid, { policy });
    expect(revised).toMatchObject({ policy, declaredAt: declared.declaredAt });
    expect(revised.version).toBeGreaterThan(declared.version);
    expect(await show(guid)).toEqual(revised);
    const { items } = await api.api(endpoints.listEvents, { query: { guid } });
    expect(items).toMatchObject([
      { type: 'catalogue.declared', actor: { kind: 'token' }, data: { name: 'disk key' } },
      { type: 'catalogue.revised', actor: { kind: 'token' }, data: { policy } },
    ]);
  });

  it('is not changed by what is said again', async () => {
    const guid = randomUUID();
    const [first, again] = [await put(guid, { policy }), await put(guid, { policy })];
    expect(again).toEqual(first);
    expect(await told(guid)).toEqual(['catalogue.declared']);
  });

  it('forgets what is withdrawn, once', async () => {
    const guid = randomUUID();
    await put(guid);
    for (const _ of [1, 2]) expect(await remove(guid)).toBeNull();
    expect(await refusal(show(guid))).toBe('not-found');
    const { items } = await api.api(endpoints.listCatalogue, { query: { limit: 500 } });
    expect(items.map((entry) => entry.guid)).not.toContain(guid);
    expect(await told(guid)).toEqual(['catalogue.declared', 'catalogue.withdrawn']);
    await put(guid);
    expect(await show(guid)).toMatchObject({ name: 'disk key' });
  });

  it('knows nothing of a GUID that was never declared', async () => {
    const guid = randomUUID();
    expect(await refusal(show(guid))).toBe('not-found');
    expect(await refusal(remove(guid))).toBe('not-found');
  });

  it('is listed by GUID, page by page', async () => {
    const guids = [randomUUID(), randomUUID(), randomUUID()];
    for (const guid of guids) await put(guid);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { items: { guid: string }[]; next: string | null } = await api.api(
        endpoints.listCatalogue,
        { query: cursor === null ? { limit: 2 } : { limit: 2, cursor } },
      );
      seen.push(...page.items.map(({ guid }) => guid));
      cursor = page.next;
    } while (cursor !== null);
    expect(seen).toEqual([...new Set(seen)].toSorted());
    expect(seen).toEqual(expect.arrayContaining(guids));
  });

  it('may be read by everybody, and changed by operators and admins', async () => {
    const guid = randomUUID();
    for (const role of ['viewer', 'auditor', 'approver'] as const) {
      const by = api.as(role);
      expect(await refusal(put(guid, {}, by))).toBe('not-allowed');
      expect(await refusal(remove(guid, by))).toBe('not-allowed');
      await by(endpoints.listCatalogue, { query: {} });
    }
    await put(guid, {}, api.as('operator'));
    expect(await show(guid)).toMatchObject({ guid });
  });

  it('takes nothing that it does not know', async () => {
    const guid = randomUUID();
    const spoilt = [
      { ...diskKey, secret: 'x' },
      { ...diskKey, policy: { ...policy, allow: [{}] } },
      { ...diskKey, policy: { ...policy, allow: [{ exe: 'relative' }] } },
      { ...diskKey, name: '' },
    ] as unknown as CatalogueData[];
    for (const data of spoilt) expect(await refusal(put(guid, data))).toBe('invalid-request');
    expect(await told(guid)).toEqual([]);
  });
});

async function agentOf(): Promise<JoinedAgent> {
  const agent = new JoinedAgent(api.url);
  await agent.enrol(await api.token());
  return agent;
}

describe('the policies for a guest', () => {
  it('are those of all GUIDs that have one, given once', async () => {
    const agent = await agentOf();
    const [ruled, free] = [randomUUID(), randomUUID()];
    const { version } = await put(ruled, { policy });
    await put(free);
    const { json } = await agent.policies(-1, 0);
    expect(json.policies).toContainEqual({ guid: ruled, version, policy });
    expect(JSON.stringify(json.policies)).not.toContain(free);
    expect((await agent.policies(json.version, 0)).json).toEqual({
      version: json.version,
      policies: null,
    });
    // As after a restore of the service: the guest has a newer version than there is.
    expect((await agent.policies(json.version + 1000, 0)).json.policies).not.toBeNull();
  });

  it('come at once when one is changed or withdrawn while the agent waits', async () => {
    const agent = await agentOf();
    const guid = randomUUID();
    const { version } = await put(guid, { policy });
    const changed = agent.policies(version, 20);
    const { version: next } = await put(guid, { policy: { ...policy, maxReads: 2 } });
    expect((await changed).json).toMatchObject({ version: next });
    const withdrawn = agent.policies(next, 20);
    await remove(guid);
    const { json } = await withdrawn;
    expect(json.version).toBeGreaterThan(next);
    expect(JSON.stringify(json.policies)).not.toContain(guid);
  });

  it('wake all who wait, and nobody for anything else', async () => {
    const agents = await Promise.all([agentOf(), agentOf(), agentOf()]);
    const guid = randomUUID();
    const { version } = await put(guid, { policy });
    const waiting = agents.map((agent) => agent.policies(version, 20));
    await api.token();
    await put(guid, { policy: null });
    const versions = (await Promise.all(waiting)).map(({ json }) => json.version);
    expect(new Set(versions).size).toBe(1);
    expect(versions[0]).toBe((await show(guid)).version);
  });
});
