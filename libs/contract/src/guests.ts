import { z } from 'zod';

import { endpoint } from './endpoint.ts';
import { Platform } from './observation.ts';
import {
  BootId,
  filledLine,
  GuestId,
  Labels,
  page,
  pageQuery,
  Position,
  Time,
} from './primitives.ts';
import { SourceReport } from './source.ts';

/** Seconds without a word from its agent after which a guest counts as silent. */
export const silentAfterSeconds = 60;

export const SecretCounts = z.object({
  present: z.int(),
  wiped: z.int(),
  unlinked: z.int(),
  vanished: z.int(),
  ended: z.int(),
  /** Present ones that were read at least once. */
  read: z.int(),
});
export type SecretCounts = z.infer<typeof SecretCounts>;

export const Guest = z.object({
  id: GuestId,
  name: z.string(),
  labels: Labels,
  enrolledAt: Time,
  /** When the service last heard from its agent. */
  lastSeen: Time,
  /** `silent`: what is shown is what was last reported, not what is. */
  presence: z.enum(['online', 'silent', 'stopped']),
  /** Nothing is taken from it until a person has decided whose identity this is. */
  quarantined: z.boolean(),
  agentVersion: z.string(),
  boot: BootId.nullable(),
  bootedAt: Time.nullable(),
  kernel: z.string().nullable(),
  hostname: z.string().nullable(),
  platform: Platform,
  sources: z.array(SourceReport),
  /** Gaps recorded in this boot. */
  gaps: z.int(),
  secrets: SecretCounts,
  /** Position of the last event that changed this row. */
  position: Position,
});
export type Guest = z.infer<typeof Guest>;

const byPerson = {
  caller: 'people',
  params: z.strictObject({ id: GuestId }),
  body: z.strictObject({ reason: filledLine(300) }),
  response: z.object({ id: GuestId, quarantined: z.boolean() }),
} as const;

/** Nothing is taken from it, and it gets no orders, until somebody releases it. */
export const quarantineGuest = endpoint({
  method: 'POST',
  path: '/v1/guests/{id}/quarantine',
  summary: 'Take nothing from a guest, and give it nothing',
  action: 'guest.quarantine',
  ...byPerson,
});

/** The next guest that speaks under this identity is taken for the right one. */
export const releaseGuest = endpoint({
  method: 'POST',
  path: '/v1/guests/{id}/release',
  summary: 'Let a quarantined guest speak again',
  action: 'guest.release',
  ...byPerson,
});

export const listGuests = endpoint({
  method: 'GET',
  path: '/v1/guests',
  summary: 'List guests',
  caller: 'people',
  action: 'read',
  query: z.strictObject({
    ...pageQuery,
    q: z.string().max(200).optional(),
    label: z.string().max(130).optional(),
  }),
  response: page(Guest),
});

export const getGuest = endpoint({
  method: 'GET',
  path: '/v1/guests/{id}',
  summary: 'Show a guest',
  caller: 'people',
  action: 'read',
  params: z.strictObject({ id: GuestId }),
  response: Guest,
});
