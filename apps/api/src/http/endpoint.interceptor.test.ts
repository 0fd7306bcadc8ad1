import type { CallHandler, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { endpoints, type EndpointShape } from '@vestige/contract';
import { firstValueFrom, of } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';

import { endpointKey } from './endpoint-key.ts';
import { EndpointInterceptor, ReplyMismatch } from './endpoint.interceptor.ts';

let headers: Record<string, string>;
beforeEach(() => {
  headers = {};
});
const answered = {
  type: (media: string) => (headers['content-type'] = media),
  header: (name: string, value: string) => (headers[name] = value),
};

function replyOf(endpoint: EndpointShape, reply: unknown): Promise<unknown> {
  const handler = () => reply;
  Reflect.defineMetadata(endpointKey, endpoint, handler);
  // The interceptor asks the context for nothing but the handler.
  const context = {
    getHandler: () => handler,
    switchToHttp: () => ({ getResponse: () => answered }),
  } as unknown as ExecutionContext;
  const next: CallHandler = { handle: () => of(reply) };
  return firstValueFrom(new EndpointInterceptor(new Reflector()).intercept(context, next));
}

describe('EndpointInterceptor', () => {
  it('strips what the contract does not declare', async () => {
    const reply = { status: 'alive', secret: 'x' };
    expect(await replyOf(endpoints.healthz, reply)).toEqual({ status: 'alive' });
  });

  it('says what an answer is made of, and that what never changes may be kept by its reader', async () => {
    const tile = new Uint8Array(32);
    expect(await replyOf(endpoints.logTile, tile)).toEqual(tile);
    expect(headers).toEqual({
      'content-type': 'application/octet-stream',
      'cache-control': 'private, max-age=31536000, immutable',
    });
  });

  it('gives nothing of a reply that does not fit', async () => {
    await expect(replyOf(endpoints.healthz, { status: 'dead' })).rejects.toThrow(ReplyMismatch);
    await expect(replyOf(endpoints.getOverview, null)).rejects.toThrow(ReplyMismatch);
  });
});
