import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { endpoints } from '@vestige/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { send, type Received } from '../testing/send.ts';
import { adminToken, startApi, type TestApi } from '../testing/test-api.ts';

const password = 'a long enough password';

let api: TestApi;
let demo: TestApi;
beforeAll(async () => {
  [api, demo] = await Promise.all([startApi(), startApi({ demo: 1 })]);
});
afterAll(() => Promise.all([api.close(), demo.close()]));

function call(
  { url, origin }: TestApi,
  method: string,
  path: string,
  json?: unknown,
  headers: Record<string, string> = { origin },
): Promise<Received> {
  const body = json === undefined ? undefined : JSON.stringify(json);
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  return send(url, { method, path, body, headers: { ...type, ...headers } });
}

const cookieOf = ({ headers }: Received) => String(headers['set-cookie']).split(';')[0] ?? '';

describe('the set-up link', () => {
  it('is printed for the service user only and makes the first admin once', async () => {
    const file = join(api.dataDir, 'set-up-link');
    const link = readFileSync(file, 'utf8').trim();
    expect(link).toBe(api.service.setUpLink);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await call(api, 'GET', '/v1/session/options')).json).toEqual({
      setUpRequired: true,
      demo: false,
    });
    const token = new URL(link).hash.slice(1);
    const body = { token, name: 'ada', password };
    const wrong = await call(api, 'POST', '/v1/session/set-up', { ...body, token: 'x' });
    expect([wrong.status, wrong.json.code]).toEqual([401, 'link-unknown']);
    const short = await call(api, 'POST', '/v1/session/set-up', { ...body, password: 'too short' });
    expect(short.json.code).toBe('invalid-request');
    const made = await call(api, 'POST', '/v1/session/set-up', body);
    expect([made.status, made.json.role, made.json.name]).toEqual([201, 'admin', 'ada']);
    const again = await call(api, 'POST', '/v1/session/set-up', { ...body, name: 'eve' });
    expect([again.status, again.json.code]).toEqual([409, 'set-up-done']);
    expect((await call(api, 'GET', '/v1/session/options')).json.setUpRequired).toBe(false);
  });
});

describe('signing in', () => {
  it('checks no more guesses that come at once than those that come one by one', async () => {
    const guess = { name: 'eve', password: 'a wrong password' };
    const guesses = Array.from({ length: 12 }, () => call(demo, 'POST', '/v1/session', guess));
    const codes = (await Promise.all(guesses)).map(({ json }) => json.code);
    expect(codes.filter((code) => code === 'wrong-credentials')).toHaveLength(5);
    expect(codes.filter((code) => code === 'too-many-requests')).toHaveLength(7);
  });

  it('opens a session that ends when signed out', async () => {
    const signedIn = await call(api, 'POST', '/v1/session', { name: 'ada', password });
    expect(signedIn.status).toBe(201);
    expect(String(signedIn.headers['set-cookie'])).toMatch(/HttpOnly; SameSite=Lax$/);
    const cookie = cookieOf(signedIn);
    expect((await call(api, 'GET', '/v1/session', undefined, { cookie })).json.name).toBe('ada');
    const out = await call(api, 'DELETE', '/v1/session', undefined, { cookie, origin: api.origin });
    expect(out.status).toBe(204);
    expect((await call(api, 'GET', '/v1/session', undefined, { cookie })).status).toBe(401);
  });

  it('says the same of an unknown name as of a wrong password, and locks after a few', async () => {
    const attempt = (name: string) =>
      call(api, 'POST', '/v1/session', { name, password: 'wrong password' });
    const [unknown, wrong] = [await attempt('nobody'), await attempt('ada')];
    expect(unknown.json).toEqual(wrong.json);
    expect([wrong.status, wrong.json.code]).toEqual([401, 'wrong-credentials']);
    for (let i = 0; i < 4; i++) await attempt('ada');
    const locked = await call(api, 'POST', '/v1/session', { name: 'ada', password });
    expect([locked.status, locked.json.code]).toEqual([429, 'too-many-requests']);
    expect(Number(locked.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('is told in the log without names', async () => {
    const { items } = await api.api(endpoints.listEvents, { query: { limit: 500 } });
    const types = items.map(({ type }) => type);
    for (const type of ['operator.created', 'session.opened', 'session.refused', 'session.closed'])
      expect(types).toContain(type);
    const entries = JSON.stringify(items.map(({ data, stream, actor }) => [data, stream, actor]));
    expect(entries).not.toMatch(/ada|nobody|wrong password/);
  });
});

describe('a request of a browser', () => {
  it('that changes something must come from the dashboard', async () => {
    const signedIn = await call(demo, 'POST', '/v1/session/demo', {});
    const cookie = cookieOf(signedIn);
    const issue = (headers: Record<string, string>) =>
      call(demo, 'POST', '/v1/enrolment-tokens', {}, { cookie, ...headers });
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `${demo.origin}.evil.example` },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      {},
    ] as Record<string, string>[])
      expect([headers, (await issue(headers)).json.code]).toEqual([headers, 'foreign-origin']);
    expect((await issue({ origin: demo.origin })).status).toBe(201);
    expect((await issue({ origin: 'http://127.0.0.1:3000' })).status).toBe(201);
    expect((await issue({ 'sec-fetch-site': 'same-origin' })).status).toBe(201);
  });

  it('to sign in must come from the dashboard too', async () => {
    const body = { name: 'ada', password };
    for (const origin of ['https://evil.example', 'http://localhost:3001'])
      expect((await call(api, 'POST', '/v1/session', body, { origin })).json.code).toBe(
        'foreign-origin',
      );
  });

  it('gets a cookie that only https carries where the dashboard has https', async () => {
    const secure = await startApi({ publicUrl: new URL('https://vestige.example') });
    const token = new URL(secure.service.setUpLink ?? '').hash.slice(1);
    const made = await call(secure, 'POST', '/v1/session/set-up', { token, name: 'ada', password });
    expect(String(made.headers['set-cookie'])).toMatch(
      /^__Host-vestige=.*Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    await secure.close();
  });
});

describe('the demo', () => {
  it('is entered with one click as an operator, on loopback only', async () => {
    const { status, json } = await call(demo, 'POST', '/v1/session/demo', {});
    expect([status, json.role, json.name]).toEqual([201, 'operator', 'demo']);
    const forwarded = { origin: demo.origin, 'x-forwarded-for': '203.0.113.7' };
    expect((await call(demo, 'POST', '/v1/session/demo', {}, forwarded)).status).toBe(403);
    const foreign = { origin: 'https://evil.example' };
    expect((await call(demo, 'POST', '/v1/session/demo', {}, foreign)).status).toBe(403);
    const named = { origin: 'http://203.0.113.7:3000' };
    expect((await call(demo, 'POST', '/v1/session/demo', {}, named)).status).toBe(403);
  });

  it('does not exist where no demo runs, or where others can reach the service', async () => {
    expect((await call(api, 'POST', '/v1/session/demo', {})).status).toBe(404);
    const open = await startApi({ demo: 1, host: '0.0.0.0' });
    expect((await call(open, 'GET', '/v1/session/options')).json.demo).toBe(false);
    expect((await call(open, 'POST', '/v1/session/demo', {})).status).toBe(404);
    await open.close();
  });
});

describe('an API token', () => {
  it('needs no origin, and an unknown one is refused even beside a good cookie', async () => {
    const cookie = cookieOf(await call(demo, 'POST', '/v1/session/demo', {}));
    const withToken = (authorization: string) =>
      call(demo, 'POST', '/v1/enrolment-tokens', {}, { cookie, authorization });
    expect((await withToken(`Bearer ${adminToken}`)).status).toBe(201);
    expect((await withToken('Bearer not-the-token')).json.code).toBe('not-signed-in');
    expect((await withToken(`Basic ${adminToken}`)).json.code).toBe('not-signed-in');
  });

  it('is stored as a digest only', () => {
    for (const name of ['vestige.db', 'vestige.db-wal'])
      expect(readFileSync(join(demo.dataDir, name)).includes(adminToken)).toBe(false);
    expect(statSync(demo.dataDir).mode & 0o777).toBe(0o700);
    expect(statSync(join(demo.dataDir, 'vestige.db')).mode & 0o777).toBe(0o600);
  });
});

describe('the door', () => {
  it('lets nobody in who is not signed in', async () => {
    for (const endpoint of Object.values(endpoints)) {
      if (endpoint.caller === 'anyone') continue;
      const path = endpoint.path.replaceAll(/\{\w+\}/g, 'x');
      const { status } = await call(
        api,
        endpoint.method,
        path,
        'body' in endpoint ? {} : undefined,
      );
      expect([endpoint.path, status]).toEqual([endpoint.path, 401]);
    }
  });

  it('slows down whoever knocks too often', async () => {
    const busy = await startApi();
    const knock = () => call(busy, 'POST', '/v1/session/set-up', {}, { origin: 'null' });
    const first = await Promise.all(Array.from({ length: 30 }, knock));
    expect(first.every(({ status }) => status === 400)).toBe(true);
    const { status, json, headers } = await knock();
    expect([status, json.code]).toEqual([429, 'too-many-requests']);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    await busy.close();
  });
});
