import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import {
  type Answer,
  type Api,
  type CallInput,
  createClient,
  type EndpointShape,
  ProblemError,
} from '@vestige/contract';

import { patient } from './patient.ts';

const patienceMs = 20_000;

/** The browser talks to its own origin; the session cookie goes along by itself. */
export const api: Api = (endpoint, input, options) =>
  patient(createClient({ baseUrl: globalThis.location.origin }), patienceMs)(
    endpoint,
    input,
    options,
  );

/** One question to the API as TanStack Query wants it. The same on the server, with the server's client. */
export function question<const E extends EndpointShape>(
  endpoint: E,
  input: CallInput<E>,
  client: Api = api,
) {
  return queryOptions<Answer<E>>({
    queryKey: [endpoint.path, input],
    queryFn: ({ signal }) => client(endpoint, input, { signal }),
  });
}

interface Page<T> {
  items: T[];
  next: string | null;
}

/** A list that is read page by page; the cursor of the following page goes into the query parameter `by`. */
export function pages<T>(
  endpoint: EndpointShape,
  query: object,
  by: 'cursor' | 'before' = 'cursor',
  client: Api = api,
) {
  return infiniteQueryOptions({
    queryKey: [endpoint.path, 'pages', query],
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam, signal }) => {
      const input = { query: pageParam === null ? query : { ...query, [by]: pageParam } };
      const answer: unknown = await client(endpoint, input as CallInput<EndpointShape>, { signal });
      return answer as Page<T>;
    },
    getNextPageParam: (last) => last.next,
  });
}

/** The API's reason, where it gave one. */
export function problemCode(error: unknown): string | null {
  return error instanceof ProblemError ? error.problem.code : null;
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : 'Something went wrong.';
}
