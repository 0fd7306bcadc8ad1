import { request, type IncomingMessage } from 'node:http';

import { endpoints } from '@vestige/contract';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { send } from '../testing/send.ts';
import { discovered, opening } from '../testing/test-agent.ts';
import { adminToken, startApi, type TestApi } from '../testing/test-api.ts';

const guid = '736870e5-84f0-4973-92ec-06879ce3da0b';

let api: TestApi;
beforeAll(async () => {
  api = await startApi({ demo: 1 });
});
afterAll(() => api.close());

interface Feed {
  readonly response: IncomingMessage;
  /** Positions of the hints so far. */
  readonly positions: number[];
  readonly ended: Promise<void>;
}

function openFeed(base: string, headers: Record<string, string>): Promise<Feed> {
  return new Promise((resolve, reject) => {
    const sending = request(`${base}/v1/feed`, { headers }, (response) => {
      const positions: number[] = [];
      response.on('data', (chunk: Buffer) => {
        for (const [, id, data] of chunk
          .toString()
          .matchAll(/event: grew\nid: (\d+)\ndata: (.*)\n/g)) {
          expect(JSON.parse(data ?? '')).toEqual({ position: Number(id) });
          positions.push(Number(id));
        }
      });
      const ended = new Promise<void>((resolveEnd) => {
        response.on('close', resolveEnd);
        response.on('error', () => resolveEnd());
      });
      resolve({ response, positions, ended });
    });
    sending.on('error', reject);
    sending.end();
  });
}

afterEach(() => {
  vi.useRealTimers();
});

const bearer = { authorization: `Bearer ${adminToken}` };

describe('the feed', () => {
  it('hints at once where the log is, and again only when every view shows what grew', async () => {
    const agent = await api.agent();
    const feed = await openFeed(api.url, { ...bearer, 'last-event-id': '0' });
    expect(feed.response.headers['content-type']).toBe('text/event-stream');
    expect(feed.response.headers['x-content-type-options']).toBe('nosniff');
    await expect.poll(() => feed.positions.length).toBe(1);
    const before = feed.positions[0] ?? -1;
    await agent.observe(0, [...opening(), discovered(guid)]);
    await expect.poll(() => feed.positions.at(-1) ?? -1, { timeout: 1000 }).toBe(before + 4);
    const { items } = await api.api(endpoints.listSecrets, { query: { guest: agent.guest } });
    expect(items).toHaveLength(1);
    feed.response.destroy();
  });

  it('coalesces what comes at once', async () => {
    const agent = await api.agent();
    const feed = await openFeed(api.url, bearer);
    await expect.poll(() => feed.positions.length).toBe(1);
    const first = feed.positions[0] ?? 0;
    for (const [index, observation] of opening().entries())
      await agent.observe(index, [observation]);
    await expect.poll(() => feed.positions.at(-1)).toBe(first + 3);
    expect(feed.positions.length).toBeLessThanOrEqual(4);
    feed.response.destroy();
  });

  it('repeats its last hint every 15 s while nothing else is sent', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const feed = await openFeed(api.url, bearer);
    await expect.poll(() => feed.positions.length).toBe(1);
    const [last] = feed.positions;
    vi.advanceTimersByTime(15_000);
    await expect.poll(() => feed.positions).toEqual([last, last]);
    vi.advanceTimersByTime(15_000);
    await expect.poll(() => feed.positions).toEqual([last, last, last]);
    feed.response.destroy();
  });

  it('ends when its session is signed out', async () => {
    const post = { origin: api.origin, 'content-type': 'application/json' };
    const signedIn = await send(api.url, {
      method: 'POST',
      path: '/v1/session/demo',
      headers: post,
      body: '{}',
    });
    const cookie = String(signedIn.headers['set-cookie']).split(';')[0] ?? '';
    const feed = await openFeed(api.url, { cookie });
    await expect.poll(() => feed.positions.length).toBe(1);
    const headers = { cookie, origin: api.origin };
    await send(api.url, { method: 'DELETE', path: '/v1/session', headers, body: undefined });
    await feed.ended;
  });

  it('is closed to whoever is not signed in', async () => {
    const feed = await openFeed(api.url, {});
    expect(feed.response.statusCode).toBe(401);
    expect(feed.response.headers['content-type']).toBe('application/problem+json');
    feed.response.destroy();
  });
});

describe('stopping', () => {
  it('lets feeds and long polls go, says so in the log, and starts again where it was', async () => {
    const first = await startApi();
    const agent = await first.agent();
    const feed = await openFeed(first.url, bearer);
    await expect.poll(() => feed.positions.length).toBe(1);
    const polling = agent.orders(-1, 30);
    const seen = await first.api(endpoints.getGuest, { params: { id: agent.guest } });
    expect(seen.presence).toBe('online');
    const stoppedAt = Date.now();
    await first.service.close();
    expect((await polling).json).toEqual({ orders: [], next: -1 });
    await feed.ended;
    expect(Date.now() - stoppedAt).toBeLessThan(5000);
    const again = await startApi({}, first.dataDir);
    const { items } = await again.api(endpoints.listEvents, { query: { limit: 500 } });
    expect(items.map(({ type }) => type).filter((type) => type.startsWith('service.'))).toEqual([
      'service.started',
      'service.stopped',
      'service.started',
    ]);
    await again.close();
  });
});
