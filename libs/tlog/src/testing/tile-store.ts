import { extendTiles, type Tile } from '../extend-tiles.ts';
import type { ReadTile } from '../tile-reader.ts';
import { leavesOf } from './reference-tree.ts';

/** Tiles as a table keeps them: one row for a level and a number, overwritten as it grows. */
export class TileStore {
  readonly tiles = new Map<string, Uint8Array>();
  readonly read: ReadTile = (level, n) => this.tiles.get(`${level}/${n}`) ?? null;
  size = 0;

  append(leaves: readonly Uint8Array[]): Tile[] {
    const written = extendTiles(this.size, leaves, this.read);
    for (const { level, n, hashes } of written) this.tiles.set(`${level}/${n}`, hashes);
    this.size += leaves.length;
    return written;
  }
}

/** The tiles of a log for tests, made at once. */
export function storeOf(size: number): TileStore {
  const store = new TileStore();
  store.append(leavesOf(0, size));
  return store;
}
