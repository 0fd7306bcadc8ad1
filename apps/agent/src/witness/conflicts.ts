import { hash } from 'node:crypto';

import { CheckpointConflict, CheckpointNote, type ObservationData } from '@vestige/contract';

import { noteCharactersMax } from './judge.ts';

/** A checkpoint that contradicts what the agent kept; both notes exactly as they were signed. */
export interface Conflict {
  readonly reason: CheckpointConflict;
  readonly at: string;
  /** Null where no checkpoint had been kept yet. */
  readonly kept: string | null;
  readonly seen: string;
  /** `impossible` where it has not the form of a record, or where there are too many already. */
  readonly record: 'due' | 'done' | 'impossible';
}

export interface Conflicts {
  /** The first and the newest. */
  readonly list: readonly Conflict[];
  /** How many different ones there were. */
  readonly count: number;
  /** Keys of those that were met, so that each is told once. */
  readonly met: readonly string[];
}

export const noConflicts: Conflicts = { list: [], count: 0, met: [] };

export const conflictsKeptMax = 16;

/** A service that contradicts itself without end must not fill the journal: from here on they are only counted. */
export const conflictsMetMax = 1000;

const keyCharacters = 22;

/** The same for every checkpoint of one origin, size and root that fails for one reason, whoever signed it. */
export function conflictKey(reason: CheckpointConflict, seen: string): string {
  const [origin = '', size = '', root = ''] = seen.split('\n', 3);
  const digest = hash('sha256', [reason, origin, size, root].join('\n'), 'base64url');
  return digest.slice(0, keyCharacters);
}

export function isMet({ met }: Conflicts, reason: CheckpointConflict, seen: string): boolean {
  return met.includes(conflictKey(reason, seen));
}

/** With one more, which is due to be recorded if it can be. */
export function addConflict(
  { list, count, met }: Conflicts,
  { reason, at, kept, seen }: Omit<Conflict, 'record'>,
): Conflicts {
  const isFull = met.length >= conflictsMetMax;
  const record = !isFull && recordOf({ reason, kept, seen }) !== null ? 'due' : 'impossible';
  const conflict = { reason, at, kept, seen: seen.slice(0, noteCharactersMax), record } as const;
  const newest = [...list.slice(1), conflict].slice(-(conflictsKeptMax - 1));
  return {
    list: list.length === 0 ? [conflict] : [...list.slice(0, 1), ...newest],
    count: count + 1,
    met: isFull ? met : [...met, conflictKey(reason, seen)],
  };
}

/** The conflict that is kept but not in the journal yet. */
export function dueConflict({ list }: Conflicts): Conflict | undefined {
  return list.find(({ record }) => record === 'due');
}

export function markRecorded(conflicts: Conflicts): Conflicts {
  const list = conflicts.list.map((conflict) =>
    conflict.record === 'due' ? { ...conflict, record: 'done' as const } : conflict,
  );
  return { ...conflicts, list };
}

/** The observation's data; null where a note has not the form that may leave the guest. */
export function recordOf({
  reason,
  kept,
  seen,
}: Pick<
  Conflict,
  'reason' | 'kept' | 'seen'
>): ObservationData<'agent.checkpoint-conflict'> | null {
  const notes = [CheckpointNote.safeParse(kept), CheckpointNote.safeParse(seen)];
  const isRecord = kept !== null && notes.every(({ success }) => success);
  return isRecord ? { reason, kept, seen } : null;
}
