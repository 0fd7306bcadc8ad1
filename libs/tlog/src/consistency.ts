import { TlogError } from './error.ts';
import { type Range, rangeHash, type ReadTile, splitOf, tilesUnder } from './tile-reader.ts';
import type { TileId } from './tiles.ts';
import { checkHash, checkSize, type Hash, isEqualHash, nodeHash, type TreeHead } from './tree.ts';

/** The hashes that show a log of size `to` to begin with the log of size `from`. */
export function proveConsistency(from: number, to: number, read: ReadTile): Hash[] {
  return consistencyRanges(from, to).map((range) => rangeHash(range, read));
}

/** The tiles that `proveConsistency` will read. */
export function consistencyTiles(from: number, to: number): TileId[] {
  return tilesUnder(consistencyRanges(from, to), to);
}

/** RFC 9162 section 2.1.4.2. Returns if the newer log begins with the older one; throws `TlogError` if not. */
export function verifyConsistency(proof: readonly Hash[], older: TreeHead, newer: TreeHead): void {
  checkSizes(older.size, newer.size);
  checkHash(older.root);
  checkHash(newer.root);
  if (older.size === newer.size) {
    const isSame = proof.length === 0 && isEqualHash(older.root, newer.root);
    if (!isSame) throw new TlogError('proof-mismatch');
    return;
  }
  let [at, last] = [older.size - 1, newer.size - 1];
  while (at % 2 === 1) [at, last] = [(at - 1) / 2, Math.floor(last / 2)];
  // An older log that is one perfect subtree is its own first hash, which the proof leaves out.
  const [first, ...rest] = at === 0 ? [older.root, ...proof] : proof;
  if (first === undefined) throw new TlogError('proof-mismatch', 'too short');
  const roots = climb(first, rest, at, last);
  if (!isEqualHash(roots.older, older.root) || !isEqualHash(roots.newer, newer.root)) {
    throw new TlogError('proof-mismatch');
  }
}

/** Computes both roots from one path; the older log shares only what is to the left of its last node. */
function climb(first: Hash, path: readonly Hash[], from: number, to: number) {
  let [older, newer] = [first, first];
  let [at, last] = [from, to];
  for (const sibling of path) {
    if (last === 0) throw new TlogError('proof-mismatch', 'too long');
    if (at % 2 === 1 || at === last) {
      older = nodeHash(sibling, older);
      newer = nodeHash(sibling, newer);
      while (at % 2 === 0) [at, last] = [at / 2, last / 2];
    } else {
      newer = nodeHash(newer, sibling);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  if (last !== 0) throw new TlogError('proof-mismatch', 'too short');
  return { older, newer };
}

/** RFC 6962 section 2.1.2, SUBPROOF(m, D[n], b). */
function consistencyRanges(from: number, to: number): Range[] {
  checkSizes(from, to);
  const ranges: Range[] = [];
  let [start, end] = [0, to];
  while (end !== from) {
    const middle = start + splitOf(end - start);
    if (from <= middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  // b is true while the walk has gone left only: the verifier then has this hash, it is the older root.
  if (start > 0) ranges.push({ start, end });
  return ranges.toReversed();
}

/** Any log begins with an empty one, so a proof from size 0 would be accepted for every root. */
function checkSizes(from: number, to: number): void {
  if (checkSize(from) > checkSize(to)) throw new TlogError('bad-size', `${from} to ${to}`);
  if (from === 0) throw new TlogError('empty-tree');
}
