import { z } from 'zod';

import { endpoint } from './endpoint.ts';
import { EventType, RecordedEvent } from './event.ts';
import {
  GuestId,
  Guid,
  page,
  pageLimitMax,
  Position,
  SecretId,
  wholeNumber,
  WipeId,
} from './primitives.ts';

/** Events by position. Ascending after `after`; or, with `order=desc`, the newest before `before`. */
export const listEvents = endpoint({
  method: 'GET',
  path: '/v1/events',
  summary: 'Read the log',
  caller: 'people',
  action: 'read',
  query: z.strictObject({
    limit: wholeNumber(1, pageLimitMax).default(100),
    /** Position of the last event that the caller has; -1 for from the start. */
    after: wholeNumber(-1).optional(),
    before: wholeNumber(0).optional(),
    order: z.enum(['asc', 'desc']).default('asc'),
    type: EventType.optional(),
    guest: GuestId.optional(),
    guid: Guid.optional(),
    secret: SecretId.optional(),
    wipe: WipeId.optional(),
  }),
  /** `next` is what to give as `after` (or `before`) for the following page. */
  response: page(RecordedEvent),
});

/**
 * Server-sent events `grew` with `id` = position: the log has grown to there and every view shows it. Coalesced. The first
 * comes at once; while nothing else is sent the last is repeated every 15 s, so that silence tells of a frozen service.
 */
export const feed = endpoint({
  method: 'GET',
  path: '/v1/feed',
  summary: 'Be told when the log grows',
  caller: 'people',
  action: 'read',
  stream: true,
  response: z.object({ position: Position }),
});
