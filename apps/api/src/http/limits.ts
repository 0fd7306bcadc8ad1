import type { RateLimitPluginOptions } from '@fastify/rate-limit';
import { RouteConfig } from '@nestjs/platform-fastify';

import { Refusal } from '../problem.ts';

/** Requests a minute from one address. Many agents may share one behind a NAT, so this only stops a runaway. */
const requestsMax = 120_000;

export const rateLimit: RateLimitPluginOptions = {
  global: true,
  max: requestsMax,
  timeWindow: 60_000,
  cache: 20_000,
  addHeadersOnExceeding: {
    'x-ratelimit-limit': false,
    'x-ratelimit-remaining': false,
    'x-ratelimit-reset': false,
  },
  addHeaders: {
    'x-ratelimit-limit': false,
    'x-ratelimit-remaining': false,
    'x-ratelimit-reset': false,
    'retry-after': false,
  },
  errorResponseBuilder: (_request, { ttl }) => {
    const seconds = Math.max(1, Math.ceil(ttl / 1000));
    return new Refusal('too-many-requests', `Try again in ${seconds} seconds.`, {
      retryAfterSeconds: seconds,
    });
  },
};

/** Bounds how often one address may call a handler, each minute. */
export function PerMinute(max: number): MethodDecorator & ClassDecorator {
  return RouteConfig({ rateLimit: { max, timeWindow: 60_000 } });
}
