import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { join } from 'node:path';

import { batchMax, bodyBytesMax, endpoints } from '@vestige/contract';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { discovered, opening, readOf, TestAgent } from '../testing/test-agent.ts';
import { startApi, type TestApi } from '../testing/test-api.ts';

const guid = '736870e5-84f0-4973-92ec-06879ce3da0b';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const eventsOf = async (guest: string) =>
  (await api.api(endpoints.listEvents, { query: { guest, limit: 500 } })).items;

describe('enrolling', () => {
  it('lets a guest in once with a one-time token and shows it', async () => {
    const agent = await api.agent();
    const guest = await api.api(endpoints.getGuest, { params: { id: agent.guest } });
    expect(guest).toMatchObject({ id: agent.guest, name: 'guest', presence: 'online' });
  });

  it('refuses an unknown token', async () => {
    const real = await api.token();
    const forged = real.slice(0, -1) + (real.endsWith('A') ? 'B' : 'A');
    for (const token of ['nonsense', forged, `vet_aaaaaaaa_${'a'.repeat(43)}`]) {
      const { status, json } = await new TestAgent(api.url).enrol(token);
      expect([status, json.code]).toEqual([401, 'token-unknown']);
    }
  });

  it('refuses an expired token', async () => {
    const late = await api.token({ expiresIn: 1, uses: 1000 });
    await expect
      .poll(async () => (await new TestAgent(api.url).enrol(late)).json.code, { timeout: 5000 })
      .toBe('token-expired');
  });

  it('says in the end that a token is revoked, also when the service died in between', async () => {
    const id = (await api.token()).split('_')[1] ?? '';
    const db = new Database(join(api.dataDir, 'vestige.db'));
    db.prepare('UPDATE enrolment_token SET revoked_at = 1 WHERE id = ?').run(id);
    db.close();
    const revoked = await api.api(endpoints.revokeEnrolmentToken, { params: { id } });
    expect(revoked.state).toBe('revoked');
  });

  it('refuses a used and a revoked token', async () => {
    const token = await api.token();
    await new TestAgent(api.url).enrol(token);
    expect((await new TestAgent(api.url).enrol(token)).json.code).toBe('token-used');
    const other = await api.token();
    const id = other.split('_')[1] ?? '';
    await api.api(endpoints.revokeEnrolmentToken, { params: { id } });
    expect((await new TestAgent(api.url).enrol(other)).json.code).toBe('token-revoked');
  });

  it('burns a use exactly once when many come at once', async () => {
    const token = await api.token({ uses: 3 });
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => new TestAgent(api.url).enrol(token)),
    );
    const refused = answers.filter(({ json }) => json.code === 'token-used');
    expect([answers.filter(({ status }) => status === 201).length, refused.length]).toEqual([3, 9]);
    const { items } = await api.api(endpoints.listEnrolmentTokens, { query: {} });
    expect(items[0]).toMatchObject({ uses: 3, used: 3, state: 'used' });
  });

  it('answers the same guest when the same key comes again with the same token', async () => {
    const token = await api.token();
    const agent = new TestAgent(api.url);
    const first = await agent.enrol(token, 'first');
    const again = await agent.enrol(token, 'renamed');
    expect(again.json).toEqual(first.json);
    expect(await eventsOf(agent.guest)).toHaveLength(1);
  });

  it('refuses a key that the caller cannot sign with', async () => {
    const [honest, thief] = [new TestAgent(api.url), new TestAgent(api.url)];
    const body = {
      token: await api.token(),
      publicKey: honest.publicKey,
      name: 'x',
      agentVersion: '1',
    };
    for (const keyid of [honest.publicKey, thief.publicKey]) {
      const { json } = await thief.send(
        thief.signed('POST', endpoints.enrol.path, body, { keyid }),
      );
      expect(json.code).toBe('bad-signature');
    }
  });
});

describe('a signature', () => {
  it('is refused with added spaces, another host, path, query, body, algorithm or key', async () => {
    const agent = await api.agent();
    const spoil = {
      spaces: (request: ReturnType<TestAgent['signed']>) => ({
        ...request,
        headers: {
          ...request.headers,
          'signature-input': request.headers['signature-input']!.replace(';created', '; created'),
        },
      }),
      host: (request: ReturnType<TestAgent['signed']>) => ({
        ...request,
        headers: { ...request.headers, host: 'elsewhere.example' },
      }),
      query: (request: ReturnType<TestAgent['signed']>) => ({
        ...request,
        path: `${request.path}?x=1`,
      }),
      body: (request: ReturnType<TestAgent['signed']>) => ({
        ...request,
        body: request.body!.replace('vm-1', 'vm-2'),
      }),
      algorithm: (request: ReturnType<TestAgent['signed']>) => ({
        ...request,
        headers: {
          ...request.headers,
          'signature-input': request.headers['signature-input']!.replace('ed25519', 'hmac-sha256'),
        },
      }),
      missing: (request: ReturnType<TestAgent['signed']>) => {
        const { signature: _, ...headers } = request.headers;
        return { ...request, headers };
      },
    };
    for (const [name, change] of Object.entries(spoil)) {
      const { status, json } = await agent.send(change(agent.batch(0, opening())));
      expect([name, status, json.code]).toEqual([name, 401, 'bad-signature']);
    }
    const moved = { ...agent.batch(0, opening()), path: '/v1/agent/enrol' };
    expect((await agent.send(moved)).status).toBe(400);
    const other = await api.agent();
    const borrowed = other.signed('GET', '/v1/agent/orders?wait=0', undefined, {
      keyid: agent.guest,
    });
    expect((await other.send(borrowed)).json.code).toBe('bad-signature');
    expect(await eventsOf(agent.guest)).toHaveLength(1);
  });

  it('is refused from the far future, from the past, and with a long life', async () => {
    const agent = await api.agent();
    const now = Math.floor(Date.now() / 1000);
    const ask = (created: number, expires: number) =>
      agent.send(agent.signed('GET', '/v1/agent/orders?wait=0', undefined, { created, expires }));
    const future = await ask(now + 400, now + 460);
    expect(future.json.code).toBe('clock-skew');
    expect(Date.parse(String(future.headers['date']))).toBeGreaterThan(0);
    expect((await ask(now - 400, now - 340)).json.code).toBe('clock-skew');
    expect((await ask(now, now + 3600)).json.code).toBe('bad-signature');
    expect((await ask(now + 100, now + 160)).status).toBe(200);
  });

  it('is accepted once', async () => {
    const agent = await api.agent();
    const request = agent.batch(0, opening());
    expect((await agent.send(request)).status).toBe(200);
    expect((await agent.send(request)).json.code).toBe('replayed');
  });

  it('of a guest that never enrolled is refused', async () => {
    const agent = new TestAgent(api.url);
    agent.guest = randomUUID();
    expect((await agent.observe(0, opening())).json.code).toBe('unknown-guest');
  });
});

describe('observations', () => {
  it('are acknowledged when they are in the log, with the guest as their cause', async () => {
    const agent = await api.agent();
    const answer = await agent.observe(0, [...opening(), discovered(guid), readOf(guid, 42)]);
    expect(answer.json).toMatchObject({ ackedThrough: 4 });
    const { items } = await api.api(endpoints.listSecrets, { query: { guest: agent.guest } });
    expect(items).toMatchObject([{ guid, state: 'present', reads: 1, guestName: 'guest' }]);
    expect(items[0]?.lastReader).toMatchObject({ pid: 42, exe: '/usr/bin/cat' });
  });

  it('with a hole are refused and nothing of them is kept', async () => {
    const agent = await api.agent();
    await agent.observe(0, opening());
    const { status, json } = await agent.observe(4, [readOf(guid, 1)]);
    expect([status, json.code, json.ackedThrough]).toEqual([409, 'sequence-gap', 2]);
    expect(await eventsOf(agent.guest)).toHaveLength(4);
  });

  it('that are repeated or overlap are taken once', async () => {
    const agent = await api.agent();
    const all = [...opening(), discovered(guid), readOf(guid, 1), readOf(guid, 2)];
    await agent.observe(0, all.slice(0, 4));
    expect((await agent.observe(0, all.slice(0, 4))).json.ackedThrough).toBe(3);
    expect((await agent.observe(1, all.slice(1, 3))).json.ackedThrough).toBe(3);
    expect((await agent.observe(2, all.slice(2))).json.ackedThrough).toBe(5);
    const seqs = (await eventsOf(agent.guest))
      .map(({ seq }) => seq)
      .filter((seq) => seq !== undefined);
    expect(seqs).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('that differ from what the log holds are refused', async () => {
    const agent = await api.agent();
    await agent.observe(0, [...opening(), readOf(guid, 1)]);
    const { status, json } = await agent.observe(3, [readOf(guid, 2), readOf(guid, 3)]);
    expect([status, json.code, json.ackedThrough]).toEqual([409, 'sequence-conflict', 3]);
    expect(await eventsOf(agent.guest)).toHaveLength(5);
  });

  it('that come out of order or at once leave neither hole nor duplicate', async () => {
    const agent = await api.agent();
    await agent.observe(0, opening());
    const batches = Array.from({ length: 30 }, (_, index) =>
      agent.observe(3 + index, [readOf(guid, index)]),
    );
    const codes = new Set((await Promise.all(batches)).map(({ json }) => json.code ?? 'ok'));
    expect([...codes].every((code) => ['ok', 'sequence-gap'].includes(code))).toBe(true);
    const seqs = (await eventsOf(agent.guest)).flatMap(({ seq }) => seq ?? []);
    expect(seqs).toEqual(seqs.map((_, index) => index));
    const retried = await agent.observe(
      3,
      Array.from({ length: 30 }, (_, i) => readOf(guid, i)),
    );
    expect(retried.json.ackedThrough).toBe(32);
  });

  it('of a new boot begin at zero', async () => {
    const agent = await api.agent();
    await agent.observe(0, opening());
    const next = await agent.send(
      agent.batch(0, opening('2026-01-02T00:00:00.000Z'), randomUUID()),
    );
    expect(next.json.ackedThrough).toBe(2);
    expect((await agent.observe(3, [readOf(guid, 1)])).json.ackedThrough).toBe(3);
  });

  it('with an unknown, an over-long or an unpaired property are refused', async () => {
    const agent = await api.agent();
    const read = readOf(guid, 1);
    const bad = [
      { ...read, data: { ...read.data, secretBytes: 'x' } },
      { ...read, extra: 1 },
      { ...discovered(guid), data: { ...discovered(guid).data, usage: 'u'.repeat(201) } },
      { ...discovered(guid), data: { ...discovered(guid).data, usage: 'line\nbreak' } },
      { ...discovered(guid), data: { ...discovered(guid).data, usage: '\ud800' } },
      { type: 'secret.leaked', at: read.at, data: {} },
    ];
    for (const observation of bad) {
      const { status, json } = await agent.observe(0, [observation]);
      expect([status, json.code]).toEqual([400, 'invalid-request']);
      expect(JSON.stringify(json)).not.toContain('uuuu');
    }
    const many = Array.from({ length: batchMax + 1 }, () => ({ ...opening()[0] }));
    expect((await agent.observe(0, many)).json.code).toBe('invalid-request');
    expect(await eventsOf(agent.guest)).toHaveLength(1);
  });

  it('must be JSON, and say so', async () => {
    const agent = await api.agent();
    const request = agent.batch(0, opening());
    const asText = { ...request, headers: { ...request.headers, 'content-type': 'text/plain' } };
    expect((await agent.send(asText)).json.code).toBe('invalid-request');
    const broken = { ...request, body: `${request.body!.slice(0, -1)}!` };
    expect((await agent.send(broken)).json.code).toBe('invalid-request');
  });
});

/** Writes until the service hangs up; answers what it said and how much it took. */
function flood(head: string): Promise<{ answer: string; taken: number }> {
  const { hostname, port } = new URL(api.url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.write(head);
    let answer = '';
    let taken = 0;
    const chunk = Buffer.from(`10000\r\n${'a'.repeat(0x10000)}\r\n`);
    const more = () => {
      while (taken < 100 * bodyBytesMax && !socket.destroyed) {
        taken += chunk.length;
        if (!socket.write(chunk)) return;
      }
    };
    socket.on('drain', more);
    socket.on('data', (data) => (answer += data.toString()));
    socket.on('error', () => null);
    socket.on('close', () => resolve({ answer, taken }));
    more();
  });
}

describe('a body of 100 MB', () => {
  const head = `POST /v1/agent/observations HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`;

  it('is refused by its announced length before it is read', async () => {
    const { answer, taken } = await flood(`${head}content-length: 104857600\r\n\r\n`);
    expect(answer).toContain(' 413 ');
    expect(answer).toContain('too-large');
    expect(taken).toBeLessThan(50 * bodyBytesMax);
  });

  it('is cut off where no length is announced', async () => {
    const { answer, taken } = await flood(`${head}transfer-encoding: chunked\r\n\r\n`);
    expect(answer).toContain(' 413 ');
    expect(taken).toBeLessThan(50 * bodyBytesMax);
    expect((await api.api(endpoints.healthz, {})).status).toBe('alive');
  });
});
