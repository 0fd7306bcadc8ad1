import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { EndpointShape } from '@vestige/contract';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';

import { Refusal } from '../problem.ts';
import { Callers } from './callers.ts';
import { endpointKey } from './endpoint-key.ts';

/** The door of every endpoint: who calls, may they, is it well formed; in this order. */
@Injectable()
export class EndpointGuard implements CanActivate {
  constructor(
    private readonly callers: Callers,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const endpoint = this.reflector.get<EndpointShape>(endpointKey, context.getHandler());
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    request.by = await this.callers.admit(endpoint, request);
    request.input = parseInput(endpoint, request);
    return true;
  }
}

/** A part that the contract does not declare must be absent, like any unknown property. */
function parseInput(endpoint: EndpointShape, request: FastifyRequest): unknown {
  const errors: { path: string; message: string }[] = [];
  const parse = (part: 'params' | 'query' | 'body', value: unknown): unknown => {
    const schema: z.ZodType | undefined = endpoint[part];
    if (schema === undefined) {
      if (hasContent(value)) errors.push({ path: part, message: 'nothing is expected here' });
      return undefined;
    }
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues.slice(0, 20))
      errors.push({ path: [part, ...issue.path].join('.').slice(0, 200), message: issue.message });
    return undefined;
  };
  const input = {
    params: parse('params', named(endpoint, request.params)),
    query: parse('query', request.query),
    body: parse('body', request.body),
  };
  if (errors.length === 0) return input;
  throw new Refusal('invalid-request', 'Correct what "errors" names and send it again.', {
    errors: errors.slice(0, 20),
  });
}

/** The router calls what a `{+name}` takes `*`. */
function named({ path }: EndpointShape, params: unknown): unknown {
  const name = /\{\+(\w+)\}$/.exec(path)?.[1];
  if (name === undefined) return params;
  const { '*': rest, ...others } = params as Record<string, string>;
  return { ...others, [name]: rest };
}

function hasContent(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
