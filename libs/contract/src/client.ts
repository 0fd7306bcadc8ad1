import type { Answer, CallInput, EndpointShape } from './endpoint.ts';
import { Problem, problemMediaType } from './problem.ts';

/** The service refused, and says why. */
export class ProblemError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

/** The service could not be reached, or what answered was not the service. */
export class UnreachableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UnreachableError';
  }
}

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
}

export interface ClientOptions {
  /** Where the service is, without `/v1`; in a browser its own origin. */
  readonly baseUrl: string;
  readonly fetch?: typeof fetch;
  /** Last chance to add headers: a token, a signature. */
  readonly prepare?: (request: HttpRequest) => HttpRequest | Promise<HttpRequest>;
}

export type Api = <const E extends EndpointShape>(
  endpoint: E,
  input: CallInput<E>,
  options?: { signal?: AbortSignal },
) => Promise<Answer<E>>;

type Scalars = Record<string, string | number | boolean | undefined>;
type Parts = { params?: Scalars; query?: Scalars; body?: unknown };

/** The path of an endpoint with its parameters and query filled in. */
export function pathOf<const E extends EndpointShape>(endpoint: E, input: CallInput<E>): string {
  const { params = {}, query = {} } = input as Parts;
  const path = endpoint.path.replaceAll(/\{(\+?)(\w+)\}/g, (_, plus: string, name: string) =>
    plus === '' ? encodeURIComponent(String(params[name])) : encodeURI(String(params[name])),
  );
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) search.set(name, String(value));
  return search.size === 0 ? path : `${path}?${search.toString()}`;
}

/** A typed client: takes an endpoint and its input, gives its parsed answer, throws ProblemError or UnreachableError. */
export function createClient(options: ClientOptions): Api {
  const doFetch = options.fetch ?? fetch;
  return async (endpoint, input, { signal } = {}) => {
    const { body } = input as Parts;
    const plain: HttpRequest = {
      method: endpoint.method,
      url: new URL(pathOf(endpoint, input), options.baseUrl),
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    };
    const request = (await options.prepare?.(plain)) ?? plain;
    const response = await send(doFetch, request, signal);
    return readAnswer(endpoint, response) as Promise<Answer<typeof endpoint>>;
  };
}

async function send(
  doFetch: typeof fetch,
  request: HttpRequest,
  signal?: AbortSignal,
): Promise<Response> {
  const { method, url, headers, body } = request;
  try {
    return await doFetch(url, {
      method,
      headers,
      body: body ?? null,
      signal: signal ?? null,
      redirect: 'error',
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new UnreachableError(`Cannot reach ${url.origin}. Is the service running there?`, {
      cause: error,
    });
  }
}

async function readAnswer(endpoint: EndpointShape, response: Response): Promise<unknown> {
  if (!response.ok) throw await refusal(response);
  const content = await contentOf(endpoint, response).catch(() => undefined);
  const parsed = endpoint.response.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new UnreachableError(
    `The answer to ${endpoint.method} ${endpoint.path} has an unknown shape. Is it another version?`,
  );
}

async function contentOf({ media }: EndpointShape, response: Response): Promise<unknown> {
  if (media === 'text/plain; charset=utf-8') return response.text();
  if (media === 'application/octet-stream') return new Uint8Array(await response.arrayBuffer());
  if (media === 'application/x-tar') return response.body;
  return response.status === 204 ? null : response.json();
}

async function refusal(response: Response): Promise<Error> {
  const isProblem = response.headers.get('content-type')?.startsWith(problemMediaType) === true;
  const parsed = Problem.safeParse(isProblem ? await response.json().catch(() => null) : null);
  return parsed.success
    ? new ProblemError(parsed.data)
    : new UnreachableError(
        `Status ${response.status} without a problem document: this is not the service.`,
      );
}
