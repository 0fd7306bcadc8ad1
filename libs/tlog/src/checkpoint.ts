import { decodeBase64, encodeBase64 } from './base64.ts';
import { parseDecimal } from './decimal.ts';
import { TlogError } from './error.ts';
import { isKeyName } from './key.ts';
import { type LogKey, type Signer, signNote, verifyNote } from './note.ts';
import { checkHash, checkSize, hashBytes, type TreeHead } from './tree.ts';

/** A log's statement of its size and root; `origin` says which log it is. */
export interface Checkpoint extends TreeHead {
  readonly origin: string;
}

/** Reads the text of a checkpoint. Lines behind the third are allowed by C2SP and mean nothing here. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', sizeText = '', rootText = '', ...more] = text.split('\n');
  const size = parseDecimal(sizeText);
  const root = decodeBase64(rootText);
  // C2SP tlog-checkpoint: lines are not empty, and the last one ends in a newline.
  const isComplete = more.pop() === '' && !more.includes('') && origin !== '';
  if (!isComplete || size === null || root?.length !== hashBytes) {
    throw new TlogError('malformed-checkpoint');
  }
  return { origin, size, root };
}

/** The text of a checkpoint: three lines, each ended by a newline. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  // C2SP tlog-checkpoint: an origin should have neither spaces nor plus; other logs' may.
  if (!isKeyName(origin)) throw new TlogError('malformed-checkpoint', 'origin');
  return `${origin}\n${checkSize(size)}\n${encodeBase64(checkHash(root))}\n`;
}

/** Signs a checkpoint by one key, or by an old and a new one while keys are rotated. */
export function signCheckpoint(checkpoint: Checkpoint, signers: readonly Signer[]): string {
  return signNote(formatCheckpoint(checkpoint), signers);
}

/** The checkpoint in a note if the log of this origin signed it; what others signed does not count. */
export function openCheckpoint(
  note: string,
  origin: string,
  logKeys: readonly LogKey[],
): Checkpoint {
  const checkpoint = parseCheckpoint(verifyNote(note, logKeys).text);
  if (checkpoint.origin !== origin) throw new TlogError('wrong-origin');
  return checkpoint;
}
