import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { EndpointShape } from '@vestige/contract';
import type { FastifyReply } from 'fastify';
import { map, type Observable } from 'rxjs';

import { endpointKey } from './endpoint-key.ts';

/** A reply that is not what the contract declares: a mistake of ours, so the caller gets nothing of it. */
export class ReplyMismatch extends Error {
  constructor(path: string) {
    super(path);
    this.name = `ReplyMismatch at ${path}`;
  }
}

/** Strips every reply to the declared shape and fails closed where it does not fit. */
@Injectable()
export class EndpointInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const endpoint = this.reflector.get<EndpointShape>(endpointKey, context.getHandler());
    if (endpoint.stream === true) return next.handle();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      map((answer) => {
        const stripped = strip(endpoint, answer);
        describe(endpoint, reply);
        return stripped;
      }),
    );
  }
}

const maxAges = { immutable: 'private, max-age=31536000, immutable', short: 'private, max-age=1' };

/** Says of an answer what it is made of and how long it may be kept; `private`, as none is for everybody. */
function describe({ media, cache }: EndpointShape, reply: FastifyReply): void {
  if (media !== undefined) void reply.type(media);
  if (cache !== undefined) void reply.header('cache-control', maxAges[cache]);
}

function strip(endpoint: EndpointShape, reply: unknown): unknown {
  const parsed = endpoint.response.safeParse(reply);
  if (!parsed.success)
    throw new ReplyMismatch(
      `${endpoint.method} ${endpoint.path} ${parsed.error.issues[0]?.path.join('.') ?? ''}`,
    );
  return endpoint.status === 204 ? undefined : parsed.data;
}
