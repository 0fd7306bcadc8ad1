import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseSignatureInput, signatureBase, signatureInput } from './signature.ts';

const params = {
  created: 1_795_398_199,
  expires: 1_795_398_259,
  nonce: 'abcdefghijklmnopqrstuv',
  keyid: '8a1b0c2d-0000-4000-8000-000000000001',
};

describe('the signature base', () => {
  it('is written as RFC 9421 section 2.5 says', () => {
    const request = {
      method: 'POST',
      authority: 'vestige.example:4000',
      path: '/v1/agent/observations',
      query: '',
      body: { contentDigest: 'sha-256=:AAAA:', contentType: 'application/json' },
    };
    expect(signatureBase(request, params)).toBe(
      [
        '"@method": POST',
        '"@authority": vestige.example:4000',
        '"@path": /v1/agent/observations',
        '"@query": ?',
        '"content-digest": sha-256=:AAAA:',
        '"content-type": application/json',
        '"@signature-params": ("@method" "@authority" "@path" "@query" "content-digest" "content-type")' +
          ';created=1795398199;expires=1795398259;nonce="abcdefghijklmnopqrstuv"' +
          ';keyid="8a1b0c2d-0000-4000-8000-000000000001";alg="ed25519";tag="vestige-agent-v1"',
      ].join('\n'),
    );
  });

  it('covers no body where there is none', () => {
    const request = { method: 'GET', authority: 'a', path: '/v1/agent/orders', query: '?after=1' };
    expect(signatureBase(request, params)).not.toContain('content-digest');
    expect(signatureBase(request, params)).toContain('"@query": ?after=1');
  });
});

describe('Signature-Input', () => {
  it('reads back what it writes', () => {
    const token = fc.stringMatching(/^[A-Za-z0-9_-]{16,64}$/);
    fc.assert(
      fc.property(
        fc.nat(),
        fc.nat(),
        token,
        token,
        fc.boolean(),
        (created, expires, nonce, keyid, hasBody) => {
          const some = { created, expires, nonce, keyid };
          expect(parseSignatureInput(signatureInput(some, hasBody), hasBody)).toEqual(some);
        },
      ),
    );
  });

  it('refuses every other spelling of the same parameters', () => {
    const good = signatureInput(params, true);
    const bad = [
      good.replace(';created', '; created'),
      good.replace('" "', '"  "'),
      `${good} `,
      good.replace('sig1', 'sig2'),
      good.replace('alg="ed25519"', 'alg="hmac-sha256"'),
      good.replace('"@authority" ', ''),
      good.replace('vestige-agent-v1', 'other'),
      good.replace('created=1795398199', 'created=01795398199'),
      `${good}, ${good.replace('sig1', 'sig2')}`,
    ];
    for (const header of bad) expect(parseSignatureInput(header, true), header).toBeNull();
    expect(parseSignatureInput(good, false)).toBeNull();
  });
});
