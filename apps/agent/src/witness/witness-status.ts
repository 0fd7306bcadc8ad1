import type { CheckpointConflict } from '@vestige/contract';

import { readCheckpoint } from './judge.ts';
import type { WitnessState } from './witness-file.ts';

/** What `vestige-agent status` shows of a checkpoint. */
export interface ShownCheckpoint {
  readonly origin: string;
  readonly size: number;
  /** Base64. */
  readonly root: string;
}

/** The newest checkpoint could not be checked yet, and why. */
export interface Unchecked {
  readonly since: string;
  readonly detail: string;
}

export interface ShownConflict {
  readonly reason: CheckpointConflict;
  readonly at: string;
  readonly kept: ShownCheckpoint | null;
  /** Null where what the service showed cannot be read. */
  readonly seen: ShownCheckpoint | null;
  /** Whether it is in the journal, from where it is delivered. */
  readonly isRecorded: boolean;
}

export interface WitnessStatus {
  /** Whether somebody gave the key, or the first that the service listed is trusted; null until there is one. */
  readonly trust: 'pinned' | 'first-use' | null;
  readonly keys: readonly string[];
  /** The newest checkpoint that was checked. */
  readonly kept: ShownCheckpoint | null;
  readonly keptAt: string | null;
  readonly unchecked: Unchecked | null;
  readonly conflictCount: number;
  /** The first and the newest. */
  readonly conflicts: readonly ShownConflict[];
}

export const emptyWitnessStatus: WitnessStatus = {
  trust: null,
  keys: [],
  kept: null,
  keptAt: null,
  unchecked: null,
  conflictCount: 0,
  conflicts: [],
};

export function statusOf(state: WitnessState, unchecked: Unchecked | null): WitnessStatus {
  const { pin, origin, keys, kept, keptAt, conflicts } = state;
  const firstUse = origin === null ? null : 'first-use';
  return {
    trust: pin === null ? firstUse : 'pinned',
    keys,
    kept: shown(kept),
    keptAt,
    unchecked,
    conflictCount: conflicts.count,
    conflicts: conflicts.list.map((conflict) => ({
      reason: conflict.reason,
      at: conflict.at,
      kept: shown(conflict.kept),
      seen: shown(conflict.seen),
      isRecorded: conflict.record === 'done',
    })),
  };
}

/** The lines of the status for people. */
export function witnessLines(status: WitnessStatus): string[] {
  const { kept, keptAt, trust, unchecked, conflicts, conflictCount } = status;
  const trusted = trust === 'pinned' ? 'key pinned by --log-key' : 'key trusted on first use';
  const newest =
    kept === null ? 'no checkpoint checked yet' : `${briefly(kept)}, checked ${keptAt ?? ''}`;
  return [
    `log      ${newest}${trust === null ? '' : `, ${trusted}`}`,
    ...(unchecked === null
      ? []
      : [`log      a newer one is not checked since ${unchecked.since}: ${unchecked.detail}`]),
    ...(conflictCount === 0
      ? []
      : [
          `CONFLICT ${conflictCount} in all: the service showed checkpoints that cannot all be true`,
        ]),
    ...conflicts.map(
      ({ reason, at, kept: before, seen }) =>
        `CONFLICT ${at} ${reason}: shown ${briefly(seen)}, kept ${briefly(before)}`,
    ),
  ];
}

/** One line for the log, without anything of a note but what a checkpoint states. */
export function describeConflict(
  reason: CheckpointConflict,
  seen: string,
  kept: string | null,
): string {
  return `${reason}: shown ${briefly(shown(seen))}, kept ${briefly(shown(kept))}`;
}

function shown(note: string | null): ShownCheckpoint | null {
  const checkpoint = note === null ? null : readCheckpoint(note);
  if (checkpoint === null) return null;
  const { origin, size, root } = checkpoint;
  return { origin, size, root: Buffer.from(root).toString('base64') };
}

function briefly(checkpoint: ShownCheckpoint | null): string {
  if (checkpoint === null) return 'none that can be read';
  const { origin, size, root } = checkpoint;
  return `${origin} at size ${size}, root ${root}`;
}
