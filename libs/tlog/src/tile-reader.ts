import { TlogError } from './error.ts';
import { type TileId, tilePath, tileWidth, tileWidthMax } from './tiles.ts';
import { checkSize, type Hash, hashBytes, perfectRoot, rootOverPeaks } from './tree.ts';

/** Answers the hashes of a tile, all there are or at least those the log's size asks for; null where it has none. */
export type ReadTile = (level: number, n: number) => Uint8Array | null;

/** The entries from `start` up to, and without, `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Where the hash over a perfect subtree is: `count` hashes of a tile, a power of two. */
interface Place {
  readonly level: number;
  readonly n: number;
  readonly first: number;
  readonly count: number;
}

/** RFC 6962 section 2.1: the largest power of two smaller than n. */
export function splitOf(n: number): number {
  let split = 1;
  while (split * 2 < n) split *= 2;
  return split;
}

/** The first `width` hashes of a tile. */
export function tileHashes(level: number, n: number, width: number, read: ReadTile): Uint8Array {
  const hashes = read(level, n);
  const length = width * hashBytes;
  if (hashes === null || hashes.length < length) {
    throw new TlogError('tile-missing', tilePath({ level, n, width }));
  }
  return hashes.subarray(0, length);
}

/** The hash over a range that RFC 6962 gives one: MTH(D[start:end]). */
export function rangeHash(range: Range, read: ReadTile): Hash {
  const peaks = placesOf(range).map(({ level, n, first, count }) => {
    const hashes = tileHashes(level, n, first + count, read);
    return perfectRoot(hashes.subarray(first * hashBytes));
  });
  return rootOverPeaks(peaks);
}

/** The tiles that `rangeHash` will read, each once and as wide as it is in a log of this size. */
export function tilesUnder(ranges: readonly Range[], size: number): TileId[] {
  const tiles = new Map<string, TileId>();
  for (const { level, n } of ranges.flatMap(placesOf)) {
    const tile = { level, n, width: tileWidth(level, n, size) };
    tiles.set(tilePath(tile), tile);
  }
  return [...tiles.values()];
}

/** The partial tiles of a log: what its root is computed from, and what more entries are added to. */
export function edgeTiles(size: number): TileId[] {
  return tilesUnder([{ start: 0, end: checkSize(size) }], size);
}

/** The root of a log of this size, from its `edgeTiles`. */
export function rootFromTiles(size: number, read: ReadTile): Hash {
  return rangeHash({ start: 0, end: checkSize(size) }, read);
}

/** Fetches tiles at once, for a store that answers later, and gives what proofs can read them from. */
export async function loadTiles(
  tiles: readonly TileId[],
  load: (tile: TileId) => Promise<Uint8Array | null>,
): Promise<ReadTile> {
  const loaded = await Promise.all(tiles.map(load));
  const hashes = new Map(
    tiles.map(({ level, n }, at) => [keyOf(level, n), loaded[at] as Uint8Array | null]),
  );
  return (level, n) => hashes.get(keyOf(level, n)) ?? null;
}

/** The perfect subtrees of a range, the largest first. A range's start is a multiple of the largest. */
function placesOf({ start, end }: Range): Place[] {
  const places: Place[] = [];
  for (let at = start; at < end;) {
    const span = splitOf(end - at + 1);
    places.push(placeOf(at, span));
    at += span;
  }
  return places;
}

function placeOf(start: number, span: number): Place {
  let [level, at, count] = [0, start, span];
  while (count >= tileWidthMax) {
    level += 1;
    at /= tileWidthMax;
    count /= tileWidthMax;
  }
  return { level, n: Math.floor(at / tileWidthMax), first: at % tileWidthMax, count };
}

function keyOf(level: number, n: number): string {
  return `${level}/${n}`;
}
