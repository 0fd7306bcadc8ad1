import { z } from 'zod';

import { endpoint } from './endpoint.ts';
import { Actor, wipeTargetsMax } from './event.ts';
import { WipeEvidence } from './observation.ts';
import {
  BootId,
  filledLine,
  GuestId,
  Guid,
  Labels,
  line,
  page,
  pageQuery,
  Position,
  SecretId,
  Time,
  WipeId,
} from './primitives.ts';
import { SecretState } from './secrets.ts';
import { Source } from './source.ts';

/** Each word means something different on every surface; none stands for another. */
export const TargetState = z.enum([
  'queued',
  'delivered',
  'wiped',
  'verified',
  'already-gone',
  'refused',
  'failed',
  'expired',
  'lost',
  'cancelled',
]);
export type TargetState = z.infer<typeof TargetState>;

/**
 * States in which nothing more is waited for. An agent that did something after all still corrects what the service
 * concluded without it: expired, lost, cancelled.
 */
export const finalTargetStates: readonly TargetState[] = [
  'wiped',
  'verified',
  'already-gone',
  'refused',
  'failed',
  'expired',
  'lost',
  'cancelled',
];

export const Target = z.object({
  secret: SecretId,
  guest: GuestId,
  guestName: z.string(),
  boot: BootId,
  source: Source,
  name: z.string(),
  guid: Guid.nullable(),
  usage: z.string().nullable(),
  state: TargetState,
  updatedAt: Time,
  detail: z.string().nullable(),
  evidence: WipeEvidence.nullable(),
});
export type Target = z.infer<typeof Target>;

export const WipeState = z.enum(['requested', 'released', 'completed']);
export type WipeState = z.infer<typeof WipeState>;

export const Wipe = z.object({
  id: WipeId,
  state: WipeState,
  /** How it ended; null while it is under way. */
  outcome: z.enum(['succeeded', 'partly', 'failed', 'cancelled']).nullable(),
  requestedBy: z.object({ actor: Actor, name: z.string().nullable() }),
  requestedAt: Time,
  completedAt: Time.nullable(),
  reason: z.string(),
  ticket: z.string().nullable(),
  executeBefore: Time.nullable(),
  /** How many targets are in which state; states without targets are left out. */
  counts: z.partialRecord(TargetState, z.int()),
  targetCount: z.int(),
  position: Position,
});
export type Wipe = z.infer<typeof Wipe>;

/** Which secrets: each facet that is given narrows the choice; at least one must be. Only present secrets are chosen. */
export const WipeSelection = z
  .strictObject({
    guests: z.array(GuestId).min(1).max(wipeTargetsMax).optional(),
    labels: Labels.optional(),
    guids: z.array(Guid).min(1).max(wipeTargetsMax).optional(),
    secrets: z.array(SecretId).min(1).max(wipeTargetsMax).optional(),
  })
  .refine(
    (select) =>
      Object.values(select).some((facet) => facet !== undefined && Object.keys(facet).length > 0),
    {
      message: 'select at least one of guests, labels, guids, secrets',
    },
  );
export type WipeSelection = z.infer<typeof WipeSelection>;

export const requestWipe = endpoint({
  method: 'POST',
  path: '/v1/wipes',
  summary: 'Order a wipe, or see with dryRun what would be wiped',
  caller: 'people',
  action: 'wipe.request',
  body: z.strictObject({
    select: WipeSelection,
    reason: filledLine(500),
    ticket: line(100).optional(),
    executeBefore: Time.optional(),
    dryRun: z.boolean().optional(),
  }),
  response: z.object({
    /** Null for a dry run. */
    id: WipeId.nullable(),
    dryRun: z.boolean(),
    targets: z.array(
      z.object({
        secret: SecretId,
        guest: GuestId,
        guestName: z.string(),
        guestPresence: z.enum(['online', 'silent', 'stopped']),
        name: z.string(),
        guid: Guid.nullable(),
        reads: z.int(),
      }),
    ),
    /** Secrets that were selected but cannot be wiped, each with the reason. */
    skipped: z.array(z.object({ secret: SecretId, state: SecretState, reason: z.string() })),
  }),
  status: 201,
});

export const listWipes = endpoint({
  method: 'GET',
  path: '/v1/wipes',
  summary: 'List wipe orders, newest first',
  caller: 'people',
  action: 'read',
  query: z.strictObject({ ...pageQuery, state: WipeState.optional(), secret: SecretId.optional() }),
  response: page(Wipe),
});

export const getWipe = endpoint({
  method: 'GET',
  path: '/v1/wipes/{id}',
  summary: 'Show a wipe order',
  caller: 'people',
  action: 'read',
  params: z.strictObject({ id: WipeId }),
  response: Wipe,
});

export const listWipeTargets = endpoint({
  method: 'GET',
  path: '/v1/wipes/{id}/targets',
  summary: "List a wipe order's targets with their evidence",
  caller: 'people',
  action: 'read',
  params: z.strictObject({ id: WipeId }),
  query: z.strictObject(pageQuery),
  response: page(Target),
});

export const cancelWipe = endpoint({
  method: 'POST',
  path: '/v1/wipes/{id}/cancel',
  summary: 'Cancel the targets that no agent has yet',
  caller: 'people',
  action: 'wipe.cancel',
  params: z.strictObject({ id: WipeId }),
  response: Wipe,
});
