import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto';

import {
  type HttpRequest,
  signatureBase,
  signatureInput,
  signatureLifetimeSeconds,
} from '@vestige/contract';

export interface SigningKey {
  readonly keyid: string;
  readonly privateKey: KeyObject;
}

/** Adds the headers of the contract's signature profile (RFC 9421, RFC 9530). `now` is the service's clock in milliseconds. */
export function signRequest(request: HttpRequest, key: SigningKey, now: number): HttpRequest {
  const created = Math.floor(now / 1000);
  const nonce = randomBytes(18).toString('base64url');
  const params = { created, expires: created + signatureLifetimeSeconds, nonce, keyid: key.keyid };
  const body = coveredBody(request);
  const base = signatureBase(
    {
      method: request.method,
      authority: request.url.host,
      path: request.url.pathname,
      query: request.url.search,
      ...(body === undefined ? {} : { body }),
    },
    params,
  );
  const signature = sign(null, Buffer.from(base, 'ascii'), key.privateKey).toString('base64');
  return {
    ...request,
    headers: {
      ...request.headers,
      ...(body === undefined ? {} : { 'content-digest': body.contentDigest }),
      'signature-input': signatureInput(params, body !== undefined),
      signature: `sig1=:${signature}:`,
    },
  };
}

function coveredBody({
  body,
  headers,
}: HttpRequest): { contentDigest: string; contentType: string } | undefined {
  if (body === undefined) return undefined;
  const digest = createHash('sha256').update(body).digest('base64');
  return { contentDigest: `sha-256=:${digest}:`, contentType: headers['content-type'] ?? '' };
}
