import { randomUUID } from 'node:crypto';

import { clockSkewSeconds, signatureLifetimeSeconds } from '@vestige/contract';
import { assert, asyncProperty, constantFrom, string } from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';

import type { Refusal } from '../problem.ts';
import type { Sent } from '../testing/send.ts';
import { TestAgent } from '../testing/test-agent.ts';
import { ReplayStore, rememberedMax } from './replay-store.ts';
import { verifyRequest, type WireRequest } from './signed-request.ts';

const agent = new TestAgent('http://api.example:4000');
agent.guest = randomUUID();

let replays: ReplayStore;
beforeEach(() => {
  replays = new ReplayStore();
});

const wire = ({ method, path, headers, body }: Sent): WireRequest => ({
  method,
  target: path,
  headers,
  body: body === undefined ? null : Buffer.from(body),
});

const keyOf = async (id: string) => (id === agent.guest ? agent.publicKey : null);

const verdictOf = async (request: WireRequest, now?: number): Promise<string> => {
  try {
    await verifyRequest(request, keyOf, replays, now);
    return 'accepted';
  } catch (error) {
    return (error as Refusal).code;
  }
};

const now = () => Math.floor(Date.now() / 1000);

describe('verifyRequest', () => {
  it('accepts what the agent signed, with and without a body', async () => {
    expect(await verdictOf(wire(agent.signed('GET', '/v1/agent/orders?after=-1&wait=0')))).toBe(
      'accepted',
    );
    expect(await verdictOf(wire(agent.signed('POST', '/v1/x', { a: 1 })))).toBe('accepted');
  });

  it('binds every part of the request', async () => {
    const request = wire(agent.signed('POST', '/v1/x?a=1', { a: 1 }));
    const changed: Partial<WireRequest>[] = [
      { method: 'PUT' },
      { target: '/v1/y?a=1' },
      { target: '/v1/x?a=2' },
      { target: '/v1/x' },
      { target: '/v1/%78?a=1' },
      { body: Buffer.from('{"a":2}') },
      { body: Buffer.from('{"a": 1}') },
      { body: null },
      { headers: { ...request.headers, host: 'other.example' } },
      { headers: { ...request.headers, 'content-type': 'application/json; charset=utf-8' } },
    ];
    for (const change of changed)
      expect([change, await verdictOf({ ...request, ...change })]).toEqual([
        change,
        'bad-signature',
      ]);
  });

  it('fails closed where a header is missing or came twice', async () => {
    const request = wire(agent.signed('POST', '/v1/x', { a: 1 }));
    for (const name of ['host', 'signature', 'signature-input', 'content-digest', 'content-type']) {
      const value = String(request.headers[name]);
      for (const spoilt of [undefined, [value, value], `${value}, ${value}`, ` ${value}`])
        expect(
          await verdictOf({ ...request, headers: { ...request.headers, [name]: spoilt } }),
        ).toBe('bad-signature');
    }
  });

  it('accepts a clock that differs by the allowed skew and no more', async () => {
    const created = now();
    const verdictAt = (time: number) =>
      verdictOf(
        wire(agent.signed('GET', '/', undefined, { created, expires: created + 60 })),
        time,
      );
    expect(await verdictAt(created + clockSkewSeconds)).toBe('accepted');
    expect(await verdictAt(created - clockSkewSeconds)).toBe('accepted');
    expect(await verdictAt(created + clockSkewSeconds + 1)).toBe('clock-skew');
    expect(await verdictAt(created - clockSkewSeconds - 1)).toBe('clock-skew');
  });

  it('refuses a signature that lives too long or not at all', async () => {
    const created = now();
    for (const life of [0, -1, signatureLifetimeSeconds + 1])
      expect(
        await verdictOf(
          wire(agent.signed('GET', '/', undefined, { created, expires: created + life })),
        ),
      ).toBe('bad-signature');
  });

  it('refuses the same request for as long as it could be accepted', async () => {
    const created = now() + clockSkewSeconds;
    const request = wire(
      agent.signed('GET', '/', undefined, { created, expires: created + signatureLifetimeSeconds }),
    );
    expect(await verdictOf(request, now())).toBe('accepted');
    for (const later of [0, 60, 300, 2 * clockSkewSeconds])
      expect(await verdictOf(request, now() + later)).toBe('replayed');
    expect(await verdictOf(request, created + clockSkewSeconds + 1)).toBe('clock-skew');
  });

  it('refuses any other text in place of the signature headers', async () => {
    const request = wire(agent.signed('GET', '/'));
    const header = constantFrom('signature', 'signature-input');
    const property = asyncProperty(header, string({ unit: 'binary' }), async (name, text) => {
      const headers = { ...request.headers, [name]: text };
      expect(await verdictOf({ ...request, headers })).toBe('bad-signature');
    });
    await expect(assert(property)).resolves.toBeUndefined();
  });
});

describe('ReplayStore', () => {
  it('forgets nothing that could still be accepted: a key that sends too much has to wait', () => {
    for (let i = 0; i < rememberedMax; i++) replays.remember('key', String(i), 1000, 1000);
    expect(replays.remember('key', 'one more', 1000, 1000)).toBe('full');
    expect(replays.remember('key', '0', 1000, 1000)).toBe('replayed');
    expect(replays.remember('other', 'one more', 1000, 1000)).toBe('fresh');
    expect(replays.remember('key', 'one more', 1400, 1400)).toBe('fresh');
  });
});
