import { z } from 'zod';

import { filledLine, Guid, line } from './primitives.ts';

export const SourceKind = z.enum(['efi-secret', 'table', 'open-dice', 'secvar', 'efivars']);
export type SourceKind = z.infer<typeof SourceKind>;

/** A place in a guest where the platform shows secrets. */
export const Source = z.strictObject({ kind: SourceKind, path: filledLine(1024) });
export type Source = z.infer<typeof Source>;

/** What a source can do; stated by every source, never assumed from another's. */
export const Capability = z.enum([
  'per-item-wipe',
  'whole-source-wipe',
  'wipe-verifiable',
  'size-known-without-read',
  'persistent',
  'signed-update-only',
  'world-readable',
  'dangerous',
]);
export type Capability = z.infer<typeof Capability>;

/** `empty` includes an area that no owner ever filled: as in the kernel driver, that is no error. */
export const SourceCondition = z.enum(['populated', 'empty', 'corrupt', 'absent']);
export type SourceCondition = z.infer<typeof SourceCondition>;

/**
 * How an agent saw something. Only `fanotify-permission` holds the reader until the record is durable and knows who it is;
 * `fanotify` and `kprobe` know who but after the fact; `inotify` never knows who; `listing` only compared two listings.
 */
export const ObservationMethod = z.enum([
  'fanotify-permission',
  'fanotify',
  'kprobe',
  'inotify',
  'listing',
  'none',
]);
export type ObservationMethod = z.infer<typeof ObservationMethod>;

/** What an agent says of a source: how it is, what it can do and how well it is watched. */
export const SourceReport = z.strictObject({
  source: Source,
  condition: SourceCondition,
  capabilities: z.array(Capability).max(16),
  method: ObservationMethod,
  /** Why the condition or the method is what it is, in one sentence; empty where nothing needs saying. */
  detail: line(300),
});
export type SourceReport = z.infer<typeof SourceReport>;

/** One item of a source, as its guest names it; with guest and boot it is a secret. */
export const SecretRef = z.strictObject({
  source: Source,
  name: filledLine(256),
  /** The usage; null where the source does not name its items by GUID. */
  guid: Guid.nullable(),
});
export type SecretRef = z.infer<typeof SecretRef>;

/**
 * The process that opened a secret, as `/proc/<pid>` showed it; null where it was gone or unreadable.
 * Never argv or environment: they may carry secrets.
 */
export const Process = z.strictObject({
  pid: z.int().min(0),
  /** Clock ticks since boot (proc_pid_stat(5) field 22); with the pid it names one process. */
  startTime: z.int().min(0).nullable(),
  exe: line(1024).nullable(),
  comm: line(64).nullable(),
  uid: z.int().min(0).nullable(),
  gid: z.int().min(0).nullable(),
  /** The login that the process descends from; null where unset (4294967295). */
  loginuid: z.int().min(0).nullable(),
  cgroup: line(1024).nullable(),
  unit: line(256).nullable(),
  container: line(128).nullable(),
});
export type Process = z.infer<typeof Process>;

/** A process that opened a secret, with the programs that it descends from, the nearest first. */
export const Reader = Process.extend({
  /** Absent where nobody looked. */
  parents: z.array(line(1024)).max(8).optional(),
});
export type Reader = z.infer<typeof Reader>;
