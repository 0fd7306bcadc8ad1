import { z } from 'zod';

import { endpoint } from './endpoint.ts';

export const healthz = endpoint({
  method: 'GET',
  path: '/healthz',
  summary: 'Whether the process lives',
  caller: 'anyone',
  response: z.object({ status: z.literal('alive') }),
});

/** 503 with a problem document where it is not ready. */
export const readyz = endpoint({
  method: 'GET',
  path: '/readyz',
  summary: 'Whether the service can take requests, or why not',
  caller: 'anyone',
  response: z.object({ status: z.literal('ready') }),
});

export const openapiDocument = endpoint({
  method: 'GET',
  path: '/openapi.json',
  summary: 'This interface as OpenAPI 3.1',
  caller: 'anyone',
  response: z.record(z.string(), z.json()),
});
