import { z } from 'zod';

import { endpoint } from './endpoint.ts';
import { RecordedEvent } from './event.ts';
import {
  BootId,
  Flag,
  GuestId,
  Guid,
  page,
  pageQuery,
  Position,
  SecretId,
  Time,
  WipeId,
} from './primitives.ts';
import { Capability, ObservationMethod, Reader, Source, SourceKind } from './source.ts';

/**
 * `unlinked` by a local process, `wiped` by an order, `vanished`: gone and nobody was seen, `ended` with its boot.
 * None of them is ever folded into another.
 */
export const SecretState = z.enum(['present', 'unlinked', 'wiped', 'vanished', 'ended']);
export type SecretState = z.infer<typeof SecretState>;

export const Secret = z.object({
  id: SecretId,
  guest: GuestId,
  guestName: z.string(),
  guestLabels: z.record(z.string(), z.string()),
  /** Whether its guest is heard from: what a silent guest shows is only what it last said. */
  guestPresence: z.enum(['online', 'silent', 'stopped']),
  boot: BootId,
  source: Source,
  name: z.string(),
  guid: Guid.nullable(),
  usage: z.string().nullable(),
  dataLength: z.int().nullable(),
  state: SecretState,
  /** What the check after a wipe showed; null where nothing was wiped. */
  verification: z.enum(['pass', 'fail', 'unknown']).nullable(),
  capabilities: z.array(Capability),
  method: ObservationMethod,
  /** Since when it is there: where it was gone and came back in the same boot, when it came back. */
  discoveredAt: Time,
  /** When it stopped being present; null while it is. */
  goneAt: Time.nullable(),
  /**
   * Reads seen in this boot, also those from before it was gone and came back, as it may be what was read then. So the
   * first can be older than `discoveredAt`.
   */
  reads: z.int(),
  firstReadAt: Time.nullable(),
  lastReadAt: Time.nullable(),
  lastReader: Reader.nullable(),
  /** Whether somebody may have read it before the agent watched: unknown is not "not read". */
  priorAccess: z.enum(['unknown', 'none']),
  /** The order under way for it. */
  pendingWipe: WipeId.nullable(),
  position: Position,
});
export type Secret = z.infer<typeof Secret>;

export const listSecrets = endpoint({
  method: 'GET',
  path: '/v1/secrets',
  summary: 'List secrets over the fleet',
  caller: 'people',
  action: 'read',
  query: z.strictObject({
    ...pageQuery,
    guid: Guid.optional(),
    guest: GuestId.optional(),
    state: SecretState.optional(),
    source: SourceKind.optional(),
    /** `key` or `key=value` of a guest's label. */
    label: z.string().max(130).optional(),
    /** Only those that were read, or only those that were not (as far as is known). */
    read: Flag.optional(),
    q: z.string().max(200).optional(),
  }),
  response: page(Secret),
});

export const getSecret = endpoint({
  method: 'GET',
  path: '/v1/secrets/{id}',
  summary: 'Show a secret',
  caller: 'people',
  action: 'read',
  params: z.strictObject({ id: SecretId }),
  response: Secret,
});

/** Everything that bears on one secret, oldest first: what happened to it, its orders, and the gaps in watching it. */
export const secretTimeline = endpoint({
  method: 'GET',
  path: '/v1/secrets/{id}/timeline',
  summary: "Show a secret's timeline",
  caller: 'people',
  action: 'read',
  params: z.strictObject({ id: SecretId }),
  query: z.strictObject(pageQuery),
  response: page(RecordedEvent),
});
