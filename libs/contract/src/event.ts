import { z } from 'zod';

import { Role } from './can.ts';
import { CatalogueData } from './catalogue.ts';
import { CheckpointNote, VerifierKey } from './log.ts';
import { observationData } from './observation.ts';
import {
  BootId,
  filledLine,
  GuestId,
  Labels,
  line,
  Position,
  SecretId,
  Time,
  WipeId,
} from './primitives.ts';
import { SecretRef } from './source.ts';

const Id = z.string().max(64);

/** Who caused an event. No names: an entry can never be erased. */
export const Actor = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('operator'), id: Id }),
  z.strictObject({ kind: z.literal('token'), id: Id }),
  z.strictObject({ kind: z.literal('guest'), id: GuestId }),
  z.strictObject({ kind: z.literal('service') }),
]);
export type Actor = z.infer<typeof Actor>;

/** One secret that an order is to wipe, frozen when the order was made. */
export const WipeTarget = z.strictObject({
  secret: SecretId,
  guest: GuestId,
  boot: BootId,
  ref: SecretRef,
});
export type WipeTarget = z.infer<typeof WipeTarget>;

export const wipeTargetsMax = 100;

/** The data of every event type, by its dotted name. */
export const eventData = {
  ...observationData,
  'guest.enrolled': z.strictObject({
    name: filledLine(253),
    labels: Labels,
    /** Raw Ed25519 public key, base64url. */
    publicKey: z.string().max(64),
    enrolmentToken: Id,
    agentVersion: filledLine(64),
  }),
  'guest.quarantined': z.strictObject({
    /** `clone-suspected`: two guests act under one identity, or one was rolled back. */
    reason: z.enum(['clone-suspected', 'by-operator']),
    detail: line(300),
  }),
  'guest.released': z.strictObject({ reason: filledLine(300) }),
  'catalogue.declared': CatalogueData,
  'catalogue.revised': CatalogueData,
  'catalogue.withdrawn': z.strictObject({}),
  'secret.ended': z.strictObject({
    secret: SecretRef,
    /** The boot that took its place. */
    nextBoot: BootId,
  }),
  'wipe.requested': z.strictObject({
    reason: filledLine(500),
    ticket: line(100).nullable(),
    executeBefore: Time.nullable(),
    targets: z.array(WipeTarget).min(1).max(wipeTargetsMax),
  }),
  /** Enough people agreed, or none was needed: agents may have it now. */
  'wipe.released': z.strictObject({ approvals: z.int().min(0) }),
  'wipe.confirmed': z.strictObject({
    secret: SecretId,
    outcome: z.enum(['verified', 'wiped', 'already-gone']),
  }),
  'wipe.refused': z.strictObject({ secret: SecretId, detail: line(300) }),
  'wipe.failed': z.strictObject({ secret: SecretId, detail: line(300) }),
  'wipe.expired': z.strictObject({ secrets: z.array(SecretId).min(1).max(wipeTargetsMax) }),
  /** The guest's boot ended before the wipe: the copy went with the guest's memory, unwiped by us. */
  'wipe.lost': z.strictObject({ secret: SecretId }),
  'wipe.cancelled': z.strictObject({ secrets: z.array(SecretId).min(1).max(wipeTargetsMax) }),
  'wipe.completed': z.strictObject({
    outcome: z.enum(['succeeded', 'partly', 'failed', 'cancelled']),
  }),
  'operator.created': z.strictObject({ role: Role }),
  'session.opened': z.strictObject({ method: z.enum(['password', 'set-up', 'demo']) }),
  'session.refused': z.strictObject({
    reason: z.enum(['unknown-name', 'wrong-password', 'locked']),
  }),
  'session.closed': z.strictObject({}),
  'token.issued': z.strictObject({ token: Id, role: Role }),
  'enrolment-token.issued': z.strictObject({
    token: Id,
    uses: z.int().min(1),
    expiresAt: Time,
    labels: Labels,
  }),
  'enrolment-token.revoked': z.strictObject({ token: Id }),
  /** From now on these keys sign the log's checkpoints, the current one first. */
  'log.keys-changed': z.strictObject({ keys: z.array(VerifierKey).min(1).max(8) }),
  /** Somebody took a bundle of the entries from one position up to, and without, another. */
  'log.exported': z.strictObject({ from: Position, to: Position }),
  'service.started': z.strictObject({ version: filledLine(64), demo: z.boolean() }),
  'service.stopped': z.strictObject({}),
  /**
   * The database was behind the log's own checkpoint, or had another root, and a person said to go on with it. What was
   * after `size` is lost; `root` (base64) is that of what was found.
   */
  'service.restored': z.strictObject({
    checkpoint: CheckpointNote,
    size: Position,
    root: z.string().max(64),
  }),
} as const;

export type EventType = keyof typeof eventData;
export type EventData<T extends EventType> = z.infer<(typeof eventData)[T]>;
export const EventType = z.enum(Object.keys(eventData) as [EventType, ...EventType[]]);

const Stream = z.string().regex(/^(service|(guest|wipe|catalogue|operator)-[0-9a-f-]{36})$/);

/** What every entry says of itself, besides its type and data. */
export const EventHeader = z.strictObject({
  /** Version of the entry's shape; older ones are upcast on read, never rewritten. */
  v: z.literal(1),
  id: z.string().max(36),
  stream: Stream,
  /** When it happened, by the clock of who saw it. */
  at: Time,
  /** When the service took it in, by the service's clock. */
  recorded: Time,
  actor: Actor,
  guest: GuestId.optional(),
  boot: BootId.optional(),
  /** The observation's place in the agent's journal of that boot. */
  seq: z.int().min(0).optional(),
});
export type EventHeader = z.infer<typeof EventHeader>;

/** One event as it is in the log: a union over all types, so that `switch (event.type)` narrows `data`. */
export type Event = {
  [T in EventType]: EventHeader & { type: T; data: EventData<T> };
}[EventType];

/** An event of one type. */
export type EventOf<T extends EventType> = Extract<Event, { type: T }>;

/** Parses one event strictly: header and the data of its type. */
export const EventEntry = z
  .looseObject({ type: EventType, data: z.unknown() })
  .transform((entry, context): Event => {
    const { type, data, ...header } = entry;
    const parsed = z
      .strictObject({ header: EventHeader, data: eventData[type] })
      .safeParse({ header, data });
    if (parsed.success) return { ...parsed.data.header, type, data: parsed.data.data } as Event;
    for (const issue of parsed.error.issues)
      context.addIssue({ code: 'custom', message: issue.message, path: issue.path });
    return z.NEVER;
  });

/** An event as lists show it: the entry with its position, and what is derived from it. */
export const RecordedEvent = z.object({
  position: Position,
  ...EventHeader.shape,
  type: EventType,
  data: z.record(z.string(), z.unknown()),
  /** The one secret that it is about; null where it is about none or several. */
  secret: SecretId.nullable(),
  /** The order that it belongs to. */
  wipe: WipeId.nullable(),
  /** The guest's or person's name as it is now; null where unknown. */
  actorName: z.string().nullable(),
  guestName: z.string().nullable(),
});
export type RecordedEvent = z.infer<typeof RecordedEvent>;
