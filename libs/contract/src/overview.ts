import { z } from 'zod';

import { endpoint } from './endpoint.ts';
import { SecretCounts } from './guests.ts';
import { Position, Time } from './primitives.ts';

export const Overview = z.object({
  /** The log's size. */
  position: Position,
  guests: z.object({ total: z.int(), online: z.int(), silent: z.int(), stopped: z.int() }),
  secrets: SecretCounts,
  wipes: z.object({ open: z.int(), completed: z.int(), failed: z.int() }),
  /** Sources that are corrupt, and gaps in the last 24 hours. */
  corruptSources: z.int(),
  gaps: z.int(),
  /** The last 24 hours, oldest first, one entry an hour. */
  activity: z.array(
    z.object({
      hour: Time,
      discovered: z.int(),
      reads: z.int(),
      unlinks: z.int(),
      wipes: z.int(),
      gaps: z.int(),
    }),
  ),
  demo: z.boolean(),
});
export type Overview = z.infer<typeof Overview>;

export const getOverview = endpoint({
  method: 'GET',
  path: '/v1/overview',
  summary: 'The fleet in a few numbers',
  caller: 'people',
  action: 'read',
  response: Overview,
});
