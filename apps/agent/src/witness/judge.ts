import type { CheckpointConflict } from '@vestige/contract';
import {
  type Checkpoint,
  type LogKey,
  openCheckpoint,
  parseCheckpoint,
  parseNote,
  TlogError,
  type TreeHead,
  verifyConsistency,
} from '@vestige/tlog';

/** A checkpoint with all its signatures is far shorter; a longer note is not read. */
export const noteCharactersMax = 4096;

/** A consistency proof has at most one hash for each level on either side of a tree of 2^53 entries. */
const proofHashesMax = 128;

/** What the agent holds against a checkpoint: which log it keeps, who signs it, how far it knows it. */
export interface Baseline {
  readonly origin: string;
  readonly keys: readonly LogKey[];
  /** Null until the first checkpoint. */
  readonly kept: Checkpoint | null;
}

export type Verdict =
  /** An empty log says nothing about a later one. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'first' | 'same'; readonly seen: Checkpoint }
  /** Whether both can be true only a proof from the smaller to the larger log tells. */
  | { readonly kind: 'unproven'; readonly older: Checkpoint; readonly newer: Checkpoint }
  /** `seen` is null where it cannot be read. */
  | {
      readonly kind: 'conflict';
      readonly reason: CheckpointConflict;
      readonly seen: Checkpoint | null;
    };

/** Whether a checkpoint can be true beside the kept one, as far as that can be told without asking. */
export function judge({ origin, keys, kept }: Baseline, note: string): Verdict {
  const seen = readCheckpoint(note);
  if (seen === null) return { kind: 'conflict', reason: 'unknown-signer', seen };
  if (seen.size === 0) return { kind: 'empty' };
  if (seen.origin !== origin) return { kind: 'conflict', reason: 'other-log', seen };
  if (!isSigned(note, origin, keys)) return { kind: 'conflict', reason: 'unknown-signer', seen };
  if (kept === null) return { kind: 'first', seen };
  if (seen.size > kept.size) return { kind: 'unproven', older: kept, newer: seen };
  if (seen.size < kept.size) return { kind: 'unproven', older: seen, newer: kept };
  return Buffer.compare(seen.root, kept.root) === 0
    ? { kind: 'same', seen }
    : { kind: 'conflict', reason: 'inconsistent', seen };
}

/** Whether the service's answer proves that the newer log begins with the older one. */
export function isConsistent(answer: string, older: TreeHead, newer: TreeHead): boolean {
  const hashes = parseHashes(answer);
  return hashes !== null && isAccepted(() => verifyConsistency(hashes, older, newer));
}

/** Whether one of these keys signed the note for the log of this origin, and none of them was used wrongly. */
export function isSigned(note: string, origin: string, keys: readonly LogKey[]): boolean {
  return isAccepted(() => openCheckpoint(note, origin, keys));
}

/** What a note claims, whoever signed it; null for what is no checkpoint. */
export function readCheckpoint(note: string): Checkpoint | null {
  if (note.length > noteCharactersMax) return null;
  let checkpoint: Checkpoint | null = null;
  isAccepted(() => {
    checkpoint = parseCheckpoint(parseNote(note).text);
  });
  return checkpoint;
}

/** Base64 hashes, one a line. */
function parseHashes(text: string): Uint8Array[] | null {
  const lines = text.replace(/\n$/, '').split('\n', proofHashesMax + 1);
  const isProof =
    lines.length <= proofHashesMax && lines.every((line) => /^[A-Za-z0-9+/]{43}=$/.test(line));
  return isProof ? lines.map((line) => Buffer.from(line, 'base64')) : null;
}

function isAccepted(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (error instanceof TlogError) return false;
    throw error;
  }
}
