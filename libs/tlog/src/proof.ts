import { decodeBase64, encodeBase64 } from './base64.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { parseDecimal } from './decimal.ts';
import { TlogError } from './error.ts';
import { verifyInclusion } from './inclusion.ts';
import { type LogKey, noteCharactersMax } from './note.ts';
import { checkHash, checkSize, type Hash, hashBytes, leafHash } from './tree.ts';

/** All that is needed to show offline that an entry is in a log. */
export interface LogProof {
  readonly index: number;
  readonly hashes: readonly Hash[];
  /** The signed note, as the log gave it. */
  readonly checkpoint: string;
  /** Nobody has signed these bytes. */
  readonly extra?: Uint8Array;
}

/** What a log verifier must be told: whose log it is, and its keys. */
export interface LogIdentity {
  readonly origin: string;
  readonly keys: readonly LogKey[];
}

const firstLine = 'c2sp.org/tlog-proof@v1';
const extraPrefix = 'extra ';
const indexPrefix = 'index ';
/** A path in a tree of at most 2^63 entries. */
const hashesMax = 63;
const extraBytesMax = 65_536;
const proofCharactersMax = noteCharactersMax + 2 * extraBytesMax;

/** Writes a tlog-proof, whose files are named `.tlog-proof`. */
export function formatProof({ index, hashes, checkpoint, extra }: LogProof): string {
  if (hashes.length > hashesMax || (extra?.length ?? 0) > extraBytesMax) {
    throw new TlogError('malformed-proof');
  }
  const extraLine = extra === undefined ? [] : [`${extraPrefix}${encodeBase64(extra)}`];
  const path = hashes.map((hash) => encodeBase64(checkHash(hash)));
  return [
    firstLine,
    ...extraLine,
    `${indexPrefix}${checkSize(index)}`,
    ...path,
    '',
    checkpoint,
  ].join('\n');
}

/** Reads a tlog-proof and checks its form; what it claims is for `verifyProof`. */
export function parseProof(text: string): LogProof {
  if (text.length > proofCharactersMax) throw new TlogError('malformed-proof', 'too long');
  // No line of the proof is empty, so the first empty line is the one before the checkpoint.
  const split = text.indexOf('\n\n');
  const [first, ...lines] = text.slice(0, Math.max(split, 0)).split('\n');
  if (first !== firstLine) throw new TlogError('malformed-proof');
  const extra = takeExtra(lines);
  const index = takeIndex(lines);
  if (lines.length > hashesMax) throw new TlogError('malformed-proof', 'too many hashes');
  return { index, hashes: lines.map(parseHash), checkpoint: text.slice(split + 2), ...extra };
}

/** Returns what the log signed if the entry is in it, at the proof's index; throws `TlogError` if not. */
export function verifyProof(text: string, entry: Uint8Array, log: LogIdentity): Checkpoint {
  const { index, hashes, checkpoint: note } = parseProof(text);
  const checkpoint = openCheckpoint(note, log.origin, log.keys);
  verifyInclusion(hashes, leafHash(entry), index, checkpoint);
  return checkpoint;
}

function takeExtra(lines: string[]): Pick<LogProof, 'extra'> {
  if (!lines[0]?.startsWith(extraPrefix)) return {};
  const extra = decodeBase64((lines.shift() as string).slice(extraPrefix.length));
  if (extra === null || extra.length > extraBytesMax) throw new TlogError('malformed-proof');
  return { extra };
}

function takeIndex(lines: string[]): number {
  const line = lines.shift() ?? '';
  const index = line.startsWith(indexPrefix) ? parseDecimal(line.slice(indexPrefix.length)) : null;
  if (index === null) throw new TlogError('malformed-proof', 'index');
  return index;
}

function parseHash(line: string): Hash {
  const bytes = decodeBase64(line);
  if (bytes?.length !== hashBytes) throw new TlogError('malformed-proof', 'hash');
  return bytes;
}
