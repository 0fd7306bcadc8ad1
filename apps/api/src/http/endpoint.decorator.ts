import {
  createParamDecorator,
  HttpCode,
  RequestMapping,
  RequestMethod,
  SetMetadata,
  Sse,
  UseGuards,
  UseInterceptors,
  type ExecutionContext,
  type MessageEvent,
} from '@nestjs/common';
import type { EndpointShape, HandlerInput, Reply } from '@vestige/contract';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';

import { endpointKey } from './endpoint-key.ts';
import { EndpointGuard } from './endpoint.guard.ts';
import { EndpointInterceptor } from './endpoint.interceptor.ts';

/** Characters of hints that may wait for a reader who does not read, before his stream is dropped. */
const pendingMax = 64 * 1024;

type Result<E extends EndpointShape> = E extends { readonly stream: true }
  ? Observable<MessageEvent>
  : Reply<E> | Promise<Reply<E>>;

/** The first argument is the input where the endpoint has one; what follows comes from other decorators. */
type Handler<E extends EndpointShape> =
  unknown extends HandlerInput<E>
    ? // oxlint-disable-next-line typescript/no-explicit-any -- arguments of other decorators are not the contract's matter
      (...others: any[]) => Result<E>
    : // oxlint-disable-next-line typescript/no-explicit-any -- as above
      (input: HandlerInput<E>, ...others: any[]) => Result<E>;

/** Makes a method the handler of an endpoint: route, caller, permission, parsing and reply come from the contract. */
export function Endpoint<const E extends EndpointShape>(endpoint: E) {
  const path = endpoint.path.replace(/\{\+\w+\}$/, '*').replaceAll(/\{(\w+)\}/g, ':$1');
  const route =
    endpoint.stream === true
      ? Sse(path, { maxPendingDataLength: pendingMax })
      : RequestMapping({ path, method: RequestMethod[endpoint.method] });
  const decorators = [
    route,
    HttpCode(endpoint.status ?? 200),
    SetMetadata(endpointKey, endpoint),
    UseGuards(EndpointGuard),
    UseInterceptors(EndpointInterceptor),
  ];
  return <T extends Handler<E>>(
    target: object,
    key: string,
    descriptor: TypedPropertyDescriptor<T>,
  ): void => {
    for (const decorate of decorators) decorate(target, key, descriptor);
  };
}

const requestOf = (context: ExecutionContext): FastifyRequest =>
  context.switchToHttp().getRequest<FastifyRequest>();

/** The parsed input of the endpoint. */
export const Input = createParamDecorator((_: unknown, context) => requestOf(context).input);

/** Who calls. */
export const By = createParamDecorator((_: unknown, context) => requestOf(context).by);
