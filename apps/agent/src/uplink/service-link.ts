import {
  type Answer,
  type Api,
  type CallInput,
  createClient,
  type EndpointShape,
  ProblemError,
  UnreachableError,
} from '@vestige/contract';

import type { ServiceClock } from './service-clock.ts';
import { signRequest, type SigningKey } from './sign.ts';

const answerMilliseconds = 15_000;

/** Of a longer answer no more is read: what answers may not be the service. */
const answerBytesMax = 8 * 1024 * 1024;

export interface CallOptions {
  /** How long the service may hold the answer back by intention. */
  readonly heldMilliseconds?: number;
  readonly signal?: AbortSignal;
}

/** Says things to the service, signed; learns its clock from every answer. */
export class ServiceLink {
  readonly clock: ServiceClock;
  readonly #open: () => Api;
  #api: Api | null = null;

  /** The address may be learned later, and before anything is said; then it stays. */
  constructor(baseUrl: string | (() => string), key: () => SigningKey, clock: ServiceClock) {
    this.clock = clock;
    const open = (address: string): Api =>
      createClient({
        baseUrl: address,
        fetch: async (url, init) => {
          const response = await fetch(url, init);
          clock.learn(response.headers.get('date'));
          return cut(response);
        },
        prepare: (request) => signRequest(request, key(), clock.now()),
      });
    this.#open = () => open(typeof baseUrl === 'string' ? baseUrl : baseUrl());
  }

  /** Throws ProblemError or UnreachableError, or the reason of `signal`. */
  async call<const E extends EndpointShape>(
    endpoint: E,
    input: CallInput<E>,
    options: CallOptions = {},
  ): Promise<Answer<E>> {
    try {
      return await this.#once(endpoint, input, options);
    } catch (error) {
      // The refusal told the service's time, so the second signature fits.
      if (!(error instanceof ProblemError) || error.problem.code !== 'clock-skew') throw error;
      return this.#once(endpoint, input, options);
    }
  }

  async #once<const E extends EndpointShape>(
    endpoint: E,
    input: CallInput<E>,
    { heldMilliseconds = 0, signal }: CallOptions,
  ): Promise<Answer<E>> {
    const patience = AbortSignal.timeout(answerMilliseconds + heldMilliseconds);
    try {
      this.#api ??= this.#open();
      return await this.#api(endpoint, input, {
        signal: signal === undefined ? patience : AbortSignal.any([patience, signal]),
      });
    } catch (error) {
      if (patience.aborted && signal?.aborted !== true)
        throw new UnreachableError('The service did not answer in time.', { cause: error });
      throw error;
    }
  }
}

/** The same answer, which breaks off where it is too long. */
function cut({ body, status, headers }: Response): Response {
  let bytes = 0;
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.length;
      if (bytes > answerBytesMax) controller.error(new Error('the answer is too long'));
      else controller.enqueue(chunk);
    },
  });
  return new Response(body?.pipeThrough(counting) ?? null, { status, headers });
}
