import { type ReadTile, tileHashes } from './tile-reader.ts';
import { tileWidthMax } from './tiles.ts';
import { checkHash, checkSize, type Hash, hashBytes, perfectRoot } from './tree.ts';

/** All hashes that a tile has now: what is stored, and, cut to its width, what is served. */
export interface Tile {
  readonly level: number;
  readonly n: number;
  readonly hashes: Uint8Array;
}

const tileBytes = tileWidthMax * hashBytes;

/**
 * The tiles to write when these leaves are added to a log of this size, lowest level first. Reads the log's
 * `edgeTiles` only, and no more of them than the size covers: doing it again gives the same tiles.
 */
export function extendTiles(size: number, leaves: readonly Hash[], read: ReadTile): Tile[] {
  checkSize(checkSize(size) + leaves.length);
  const written: Tile[] = [];
  let [before, added] = [size, leaves];
  for (let level = 0; added.length > 0; level += 1) {
    const tiles = extendLevel(level, before, added, read);
    for (const tile of tiles) written.push(tile);
    // C2SP tlog-tiles: a partial tile is not hashed into the level above.
    added = tiles.filter(isFull).map(({ hashes }) => perfectRoot(hashes));
    before = Math.floor(before / tileWidthMax);
  }
  return written;
}

function extendLevel(
  level: number,
  before: number,
  added: readonly Hash[],
  read: ReadTile,
): Tile[] {
  const first = Math.floor(before / tileWidthMax);
  const width = before % tileWidthMax;
  const kept = width === 0 ? [] : [tileHashes(level, first, width, read)];
  const hashes = Buffer.concat([...kept, ...added.map(checkHash)]);
  const tiles: Tile[] = [];
  for (let at = 0; at < hashes.length; at += tileBytes) {
    tiles.push({ level, n: first + at / tileBytes, hashes: hashes.subarray(at, at + tileBytes) });
  }
  return tiles;
}

function isFull({ hashes }: Tile): boolean {
  return hashes.length === tileBytes;
}
