import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';

import { endpoints } from '@vestige/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { send } from '../testing/send.ts';
import { discovered, opening, readOf, secretRef } from '../testing/test-agent.ts';
import { adminToken, startApi, type TestApi } from '../testing/test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const get = (path: string) =>
  send(api.url, {
    method: 'GET',
    path,
    headers: { authorization: `Bearer ${adminToken}` },
    body: undefined,
  });

describe('a list', () => {
  it('is read to its end page by page, each item once', async () => {
    const agent = await api.agent();
    const guids = Array.from({ length: 7 }, () => randomUUID());
    await agent.observe(0, [...opening(), ...guids.map((guid) => discovered(guid))]);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const query = { guest: agent.guest, limit: 3, ...(cursor !== undefined && { cursor }) };
      const page = await api.api(endpoints.listSecrets, { query });
      expect(page.items.length).toBeLessThanOrEqual(3);
      seen.push(...page.items.map(({ name }) => name));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(guids.toReversed());
  });

  it('refuses a cursor, a limit or a property that is none of its own', async () => {
    for (const path of ['guests', 'secrets', 'wipes', 'enrolment-tokens'])
      for (const query of ['cursor=zzz', 'limit=0', 'limit=501', 'no-such=1']) {
        const { status, json } = await get(`/v1/${path}?${query}`);
        expect([path, query, status, json.code]).toEqual([path, query, 400, 'invalid-request']);
      }
  });

  it('of something unknown is not found', async () => {
    const id = randomUUID();
    for (const path of [`guests/${id}`, `secrets/${id}`, `secrets/${id}/timeline`, `wipes/${id}`])
      expect((await get(`/v1/${path}`)).json.code).toBe('not-found');
    expect((await get(`/v1/wipes/${id}/targets`)).json.code).toBe('not-found');
    expect((await get('/v1/guests/no-uuid')).json.code).toBe('invalid-request');
  });
});

describe('timeline, events and overview', () => {
  it('agree on what happened to a secret', async () => {
    const agent = await api.agent();
    const guid = randomUUID();
    await agent.observe(0, [...opening(), discovered(guid), readOf(guid, 5)]);
    const { items } = await api.api(endpoints.listSecrets, { query: { guid } });
    const id = items[0]!.id;
    const timeline = await api.api(endpoints.secretTimeline, { params: { id }, query: {} });
    expect(timeline.items.map(({ type }) => type)).toEqual([
      'guest.booted',
      'agent.started',
      'secret.discovered',
      'secret.read',
    ]);
    const events = await api.api(endpoints.listEvents, { query: { secret: id } });
    expect(events.items.map(({ type }) => type)).toEqual(['secret.discovered', 'secret.read']);
    expect(events.items[1]).toMatchObject({
      secret: id,
      guestName: 'guest',
      actorName: 'guest',
      data: { secret: secretRef(guid) },
    });
    const newest = await api.api(endpoints.listEvents, { query: { order: 'desc', limit: 1 } });
    const overview = await api.api(endpoints.getOverview, {});
    expect(overview.position).toBe(newest.items[0]!.position + 1);
    expect(overview.activity).toHaveLength(24);
    expect(overview.activity.at(-1)!.reads).toBeGreaterThan(0);
  });
});

/** Status and detail of a refusal. */
async function refused(path: string, headers: Record<string, string> = {}) {
  const { status, json } = await send(api.url, { method: 'GET', path, headers, body: undefined });
  return [status, json.detail];
}

describe('operations', () => {
  it('answer without anybody signed in', async () => {
    for (const path of ['/healthz', '/readyz', '/openapi.json', '/v1/session/options']) {
      const answer = await send(api.url, { method: 'GET', path, headers: {}, body: undefined });
      expect([path, answer.status]).toEqual([path, 200]);
      expect(answer.headers['cache-control']).toBe('no-store');
    }
    const { json } = await get('/openapi.json');
    expect(Object.keys(json.paths)).toContain('/v1/agent/observations');
  });

  it('say what of an address or of headers cannot be read', async () => {
    expect(await refused('/%zz')).toEqual([400, expect.stringContaining('address')]);
    expect(await refused(`/v1/guests/${'a'.repeat(300)}`)).toEqual([
      400,
      expect.stringContaining('address'),
    ]);
    expect(await refused('/healthz', { long: 'a'.repeat(20_000) })).toEqual([
      413,
      expect.stringContaining('16 KiB'),
    ]);
  });

  it('let nobody keep a connection who sends what cannot be read', async () => {
    const { hostname, port } = new URL(api.url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    const closed = new Promise((resolve) => socket.on('close', () => resolve('closed')));
    socket.on('error', () => {});
    socket.write('nonsense\r\n\r\n');
    const answer = await new Promise<string>((resolve) =>
      socket.once('data', (bytes) => resolve(bytes.toString())),
    );
    expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
    const more = setInterval(() => socket.write('more'), 20);
    expect(await closed).toBe('closed');
    clearInterval(more);
  });

  it('refuse what is no request with a problem document', async () => {
    for (const path of ['/%zz', '/nowhere', '/v1/guests/%ff']) {
      const { status, headers, json } = await get(path);
      expect(status).toBeLessThan(500);
      expect(headers['content-type']).toBe('application/problem+json');
      expect(json.type).toMatch(/^urn:vestige:problem:/);
    }
  });
});
