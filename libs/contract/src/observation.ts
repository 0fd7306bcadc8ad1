import { z } from 'zod';

import { CheckpointNote } from './log.ts';
import { PolicyCause } from './policy.ts';
import { filledLine, line, Position, Time, WipeId } from './primitives.ts';
import { ObservationMethod, Process, Reader, SecretRef, Source, SourceReport } from './source.ts';

export const Platform = z.enum(['sev', 'sev-es', 'sev-snp', 'tdx', 'none', 'unknown']);
export type Platform = z.infer<typeof Platform>;

export const GapReason = z.enum([
  /** From boot to the agent's first start: prior access is unknown, never "not read". */
  'before-agent-start',
  'agent-down',
  'queue-overflow',
  'clock-backwards',
  'observer-unavailable',
  'mark-lost',
  'journal-full',
  /** A reader waited for as long as any may, and was let through before the record was durable. */
  'reader-let-through',
]);
export type GapReason = z.infer<typeof GapReason>;

export const CheckpointConflict = z.enum([
  /** No consistency proof leads from one to the other: an entry was changed or taken away. */
  'inconsistent',
  /** Signed by no key that the agent knows, or by one whose signature does not verify. */
  'unknown-signer',
  /** Of another log than the one that the agent keeps. */
  'other-log',
]);
export type CheckpointConflict = z.infer<typeof CheckpointConflict>;

/** Most processes that evidence names: with the longest readers it still fits into an entry of 65,535 bytes. */
export const holdersMax = 16;

/** What was done to wipe a secret and what the check afterwards showed; never a byte or a digest of it. */
export const WipeEvidence = z.strictObject({
  /**
   * `securityfs-unlink`: the kernel zeroed the entry. `overwrite-unlink`: a plain file was overwritten, synced and unlinked.
   * `table-zero`: an entry of a table image was zeroed in place, its length kept.
   */
  technique: z.enum(['securityfs-unlink', 'overwrite-unlink', 'table-zero']),
  filesystem: filledLine(64),
  bytesOverwritten: z.int().min(0).nullable(),
  synced: z.boolean(),
  startedAt: Time,
  completedAt: Time,
  verification: z.strictObject({
    /** The name is no longer listed. */
    nameGone: z.boolean(),
    /** The overwritten range reads back as zero; null where the technique leaves nothing to read back. */
    readBackZero: z.boolean().nullable(),
    /** Processes that still hold a descriptor opened before; null where that could not be told. */
    holders: z.array(Process).max(holdersMax).nullable(),
    result: z.enum(['pass', 'fail', 'unknown']),
  }),
  /** What this technique cannot promise on this filesystem. */
  caveats: z.array(line(300)).max(8),
});
export type WipeEvidence = z.infer<typeof WipeEvidence>;

export const WipeFailure = z.enum([
  'already-gone',
  'refused',
  'expired',
  'io-error',
  'not-verified',
]);
export type WipeFailure = z.infer<typeof WipeFailure>;

/** The data of every event that an agent reports, by type. */
export const observationData = {
  'guest.booted': z.strictObject({
    bootedAt: Time,
    kernel: line(256),
    hostname: line(253),
    platform: Platform,
    /** The kernel's `efi_secret`; absent where nobody looked. */
    module: z.enum(['loaded', 'built-in', 'absent']).optional(),
  }),
  'agent.started': z.strictObject({
    version: filledLine(64),
    mode: z.enum(['observe', 'enforce']),
    /** Whether this boot's journal was there already: the agent was restarted. */
    resumed: z.boolean(),
  }),
  'agent.stopped': z.strictObject({ reason: line(200) }),
  'agent.gap': z.strictObject({
    reason: GapReason,
    from: Time.nullable(),
    until: Time.nullable(),
    /** How many observations are missing, where that can be told. */
    lost: z.int().min(0).nullable(),
    source: Source.nullable(),
  }),
  /** The service showed two checkpoints of which not both can be true; both are here, as they were signed. */
  'agent.checkpoint-conflict': z.strictObject({
    reason: CheckpointConflict,
    kept: CheckpointNote,
    seen: CheckpointNote,
  }),
  /** From now on these policies are applied; `version` is that of the newest. */
  'agent.policies-taken': z.strictObject({ version: Position, count: z.int().min(0) }),
  'source.found': SourceReport,
  'source.changed': SourceReport,
  'secret.discovered': z.strictObject({
    secret: SecretRef,
    /** Bytes of data; null where only reading would tell. */
    dataLength: z.int().min(0).nullable(),
    /** What the GUID is known to be used for; null where unknown. */
    usage: line(200).nullable(),
  }),
  'secret.read': z.strictObject({
    secret: SecretRef,
    reader: Reader.nullable(),
    method: ObservationMethod,
    /** `source`: a whole image was read, which includes this item; which items the reader looked at cannot be told. */
    extent: z.enum(['item', 'source']),
  }),
  'secret.read-denied': z.strictObject({
    secret: SecretRef,
    reader: Reader.nullable(),
    method: ObservationMethod,
    reason: line(200),
  }),
  'secret.unlinked': z.strictObject({
    secret: SecretRef,
    /** Who did it, where the kernel tells; null is "unknown", never a guess. */
    actor: Reader.nullable(),
    method: ObservationMethod,
  }),
  'secret.wiped': z.strictObject({
    secret: SecretRef,
    order: WipeId.nullable(),
    evidence: WipeEvidence,
    /** Present where a policy wiped it, which is then no order's doing. */
    policy: z.strictObject({ version: Position, cause: PolicyCause }).optional(),
  }),
  'secret.wipe-failed': z.strictObject({
    secret: SecretRef,
    order: WipeId.nullable(),
    reason: WipeFailure,
    detail: line(300),
  }),
  'secret.vanished': z.strictObject({ secret: SecretRef, detail: line(200) }),
  /** The order is durable in the agent's journal; nothing has been wiped yet. */
  'wipe.delivered': z.strictObject({ order: WipeId, secret: SecretRef }),
} as const;

export type ObservationType = keyof typeof observationData;
export type ObservationData<T extends ObservationType> = z.infer<(typeof observationData)[T]>;

function observation<T extends ObservationType>(type: T) {
  return z.strictObject({ type: z.literal(type), at: Time, data: observationData[type] });
}

/** One thing that an agent saw or did. Its seq is its place in the batch after `firstSeq`. `at` is the guest's clock. */
export const Observation = z.discriminatedUnion('type', [
  observation('guest.booted'),
  observation('agent.started'),
  observation('agent.stopped'),
  observation('agent.gap'),
  observation('agent.checkpoint-conflict'),
  observation('agent.policies-taken'),
  observation('source.found'),
  observation('source.changed'),
  observation('secret.discovered'),
  observation('secret.read'),
  observation('secret.read-denied'),
  observation('secret.unlinked'),
  observation('secret.wiped'),
  observation('secret.wipe-failed'),
  observation('secret.vanished'),
  observation('wipe.delivered'),
]);
export type Observation = z.infer<typeof Observation>;
