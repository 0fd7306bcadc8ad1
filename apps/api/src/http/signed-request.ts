import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';

import {
  clockSkewSeconds,
  parseSignatureInput,
  signatureBase,
  signatureLifetimeSeconds,
  type SignatureParams,
} from '@vestige/contract';

import { Refusal } from '../problem.ts';
import type { ReplayStore } from './replay-store.ts';

/** A request as it came over the wire: nothing decoded, nothing normalised. */
export interface WireRequest {
  readonly method: string;
  /** Path and query exactly as in the request line. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer | null;
}

/** The raw Ed25519 public key of a keyid, in base64url; null where there is none. */
export type KeyOf = (keyid: string) => Promise<string | null>;

const bad = (detail: string): Refusal => new Refusal('bad-signature', detail);

/**
 * Verifies a request after the profile in the contract's signature.ts and answers its keyid. Everything that is signed is
 * rebuilt from what was received, so that host, path, query and body are bound; whatever is missing or in another form fails.
 */
export async function verifyRequest(
  request: WireRequest,
  keyOf: KeyOf,
  replays: ReplayStore,
  now: number = Date.now() / 1000,
): Promise<string> {
  const { params, signature } = readHeaders(request);
  const key = await keyOf(params.keyid);
  if (key === null)
    throw new Refusal('unknown-guest', 'No guest has this key id. Enrol with an enrolment token.');
  const base = Buffer.from(baseOf(request, params), 'latin1');
  if (!verify(null, base, publicKeyOf(key), signature))
    throw bad('The signature does not fit the request as it was received.');
  checkTimes(params, now);
  const digest = createHash('sha256').update(base).digest('base64');
  const verdict = replays.remember(params.keyid, digest, params.created, now);
  if (verdict === 'replayed')
    throw new Refusal('replayed', 'Sign each request anew with a new nonce.');
  if (verdict === 'full')
    throw new Refusal('too-many-requests', 'This guest sends too much. Use larger batches.', {
      retryAfterSeconds: signatureLifetimeSeconds,
    });
  return params.keyid;
}

function readHeaders(request: WireRequest): { params: SignatureParams; signature: Buffer } {
  const params = parseSignatureInput(header(request, 'signature-input'), request.body !== null);
  if (params === null)
    throw bad('Signature-Input must have exactly the form of the profile vestige-agent-v1.');
  // RFC 8941 3.3.5: a byte sequence is base64 between colons; 64 bytes give 86 characters and two pads.
  const found = /^sig1=:([A-Za-z0-9+/]{86}==):$/.exec(header(request, 'signature'));
  if (found === null) throw bad('Signature must be sig1=:<64 bytes in base64>:.');
  return { params, signature: Buffer.from(found[1] ?? '', 'base64') };
}

function baseOf(request: WireRequest, params: SignatureParams): string {
  const at = request.target.indexOf('?');
  const plain = {
    method: request.method,
    authority: header(request, 'host').toLowerCase(),
    path: at < 0 ? request.target : request.target.slice(0, at),
    query: at < 0 ? '' : request.target.slice(at),
  };
  if (request.body === null) return signatureBase(plain, params);
  const contentDigest = contentDigestOf(request.body);
  if (header(request, 'content-digest') !== contentDigest)
    throw bad('Content-Digest does not fit the body.');
  const contentType = header(request, 'content-type');
  return signatureBase({ ...plain, body: { contentDigest, contentType } }, params);
}

/** RFC 9530 section 2, SHA-256 only. */
export function contentDigestOf(body: Uint8Array): string {
  return `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
}

/** A header that came twice, or not at all, is no header that was signed. */
function header(request: WireRequest, name: string): string {
  const value = request.headers[name];
  if (typeof value !== 'string') throw bad(`The header ${name} is missing or repeated.`);
  return value;
}

function checkTimes({ created, expires }: SignatureParams, now: number): void {
  if (expires <= created || expires - created > signatureLifetimeSeconds)
    throw bad(`A signature may live ${signatureLifetimeSeconds} seconds at most.`);
  if (Math.abs(now - created) > clockSkewSeconds || now > expires + clockSkewSeconds)
    throw new Refusal(
      'clock-skew',
      `The guest's clock may differ by ${clockSkewSeconds} seconds at most. The header Date has the service's time.`,
    );
}

/** A raw Ed25519 key as node:crypto takes it (RFC 8037). Throws a Refusal for what is no key. */
function publicKeyOf(raw: string): KeyObject {
  try {
    return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: raw } });
  } catch {
    throw bad('The public key is not an Ed25519 key.');
  }
}
