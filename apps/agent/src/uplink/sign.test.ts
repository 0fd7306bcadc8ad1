import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';

import { parseSignatureInput, signatureBase, signatureLifetimeSeconds } from '@vestige/contract';
import { describe, expect, it } from 'vitest';

import { signRequest } from './sign.ts';

const { privateKey } = generateKeyPairSync('ed25519');
const now = Date.parse('2026-06-01T00:00:00Z');
const request = {
  method: 'POST',
  url: new URL('https://vestige.example:8443/v1/agent/observations?x=1'),
  headers: { 'content-type': 'application/json' },
  body: '{"a":1}',
};
const signed = signRequest(request, { keyid: 'guest-1', privateKey }, now);

function isValid(body: string): boolean {
  const params = parseSignatureInput(signed.headers['signature-input'] ?? '', true);
  if (params === null) return false;
  const contentDigest = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
  const base = signatureBase(
    {
      method: 'POST',
      authority: 'vestige.example:8443',
      path: '/v1/agent/observations',
      query: '?x=1',
      body: { contentDigest, contentType: 'application/json' },
    },
    params,
  );
  const signature = /^sig1=:(.+):$/.exec(signed.headers['signature'] ?? '')?.[1] ?? '';
  const publicKey = createPublicKey(privateKey);
  return verify(null, Buffer.from(base), publicKey, Buffer.from(signature, 'base64'));
}

describe('signRequest', () => {
  it('signs what the service can rebuild from the request that it gets', () => {
    expect(isValid(request.body)).toBe(true);
  });

  it('binds the body', () => {
    expect(isValid('{"a":2}')).toBe(false);
  });

  it('lives for a minute from the service’s time, under a nonce of its own', () => {
    const again = signRequest(request, { keyid: 'guest-1', privateKey }, now);
    const [one, two] = [signed, again].map(({ headers }) =>
      parseSignatureInput(headers['signature-input'] ?? '', true),
    );
    expect(one?.created).toBe(now / 1000);
    expect((one?.expires ?? 0) - (one?.created ?? 0)).toBe(signatureLifetimeSeconds);
    expect(one?.nonce).not.toBe(two?.nonce);
  });
});
