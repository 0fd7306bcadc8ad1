import { TlogError } from './error.ts';
import { type Range, rangeHash, type ReadTile, splitOf, tilesUnder } from './tile-reader.ts';
import type { TileId } from './tiles.ts';
import { checkHash, checkSize, type Hash, isEqualHash, nodeHash, type TreeHead } from './tree.ts';

/** The hashes that lead from a leaf to the root of a log of this size, the leaf's sibling first. */
export function proveInclusion(index: number, size: number, read: ReadTile): Hash[] {
  return inclusionRanges(index, size).map((range) => rangeHash(range, read));
}

/** The tiles that `proveInclusion` will read. */
export function inclusionTiles(index: number, size: number): TileId[] {
  return tilesUnder(inclusionRanges(index, size), size);
}

/** RFC 9162 section 2.1.3.2. Returns if the leaf is at this index of the log; throws `TlogError` if not. */
export function verifyInclusion(
  proof: readonly Hash[],
  leaf: Hash,
  index: number,
  head: TreeHead,
): void {
  checkIndex(index, head.size);
  let node = checkHash(leaf);
  let [at, last] = [index, head.size - 1];
  for (const sibling of proof) {
    if (last === 0) throw new TlogError('proof-mismatch', 'too long');
    if (at % 2 === 1) {
      node = nodeHash(sibling, node);
    } else if (at < last) {
      node = nodeHash(node, sibling);
    } else {
      // The right edge has no sibling until it is a right child itself.
      while (at % 2 === 0) [at, last] = [at / 2, last / 2];
      node = nodeHash(sibling, node);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  if (last !== 0) throw new TlogError('proof-mismatch', 'too short');
  if (!isEqualHash(node, head.root)) throw new TlogError('proof-mismatch');
}

/** RFC 6962 section 2.1.1, PATH(m, D[n]). */
function inclusionRanges(index: number, size: number): Range[] {
  checkIndex(index, size);
  const ranges: Range[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    if (index < middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  return ranges.toReversed();
}

function checkIndex(index: number, size: number): void {
  if (!Number.isSafeInteger(index) || index < 0 || index >= checkSize(size)) {
    throw new TlogError('bad-index', `${index} of ${size}`);
  }
}
