import type { z } from 'zod';

import type { Action } from './can.ts';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Who may call: anybody, a signed-in person or API token, a guest's agent by its signature, or either of the last two. */
export type Caller = 'anyone' | 'people' | 'agent' | 'people-or-agent';

/** What an answer is made of where it is not JSON: a text, bytes, or a stream of bytes. */
export type Media = 'text/plain; charset=utf-8' | 'application/octet-stream' | 'application/x-tar';

/** One thing that can be said over HTTP: its address, who may say it, and the shapes of question and answer. */
export interface EndpointShape {
  readonly method: HttpMethod;
  /** Path with placeholders: `/v1/guests/{id}`; `{+path}` takes slashes too, as in RFC 6570. */
  readonly path: string;
  readonly summary: string;
  readonly caller: Caller;
  /** What `can()` must allow; present exactly where people may call. */
  readonly action?: Action;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly response: z.ZodType;
  /** Status of a success; 200 where absent. */
  readonly status?: 200 | 201 | 202 | 204;
  /** An open stream of server-sent events instead of one JSON answer; `response` then describes one event's data. */
  readonly stream?: true;
  /** The answer is this instead of JSON. */
  readonly media?: Media;
  /** `immutable`: the same for ever; `short`: for a moment. Without it an answer is not kept. */
  readonly cache?: 'immutable' | 'short';
}

/** Declares an endpoint once; server, clients and OpenAPI document read this value. */
export function endpoint<const E extends EndpointShape>(shape: E): E {
  return shape;
}

type Part<E, K extends string> = E extends { readonly [P in K]: infer S extends z.ZodType }
  ? S
  : never;
type InputPart<E, K extends string> = [Part<E, K>] extends [never]
  ? { readonly [P in K]?: never }
  : Record<string, never> extends z.input<Part<E, K>>
    ? { readonly [P in K]?: z.input<Part<E, K>> }
    : { readonly [P in K]: z.input<Part<E, K>> };

/** What a caller gives: params, query and body as the endpoint declares them, before parsing. */
export type CallInput<E> = InputPart<E, 'params'> & InputPart<E, 'query'> & InputPart<E, 'body'>;

type ParsedPart<E, K extends string> = [Part<E, K>] extends [never]
  ? unknown
  : { readonly [P in K]: z.output<Part<E, K>> };

/** What a handler receives: the same parts after parsing. */
export type HandlerInput<E> = ParsedPart<E, 'params'> &
  ParsedPart<E, 'query'> &
  ParsedPart<E, 'body'>;

/** What a handler returns, before it is stripped to the declared shape. */
export type Reply<E extends EndpointShape> = z.input<E['response']>;

/** What a caller gets. */
export type Answer<E extends EndpointShape> = z.output<E['response']>;
