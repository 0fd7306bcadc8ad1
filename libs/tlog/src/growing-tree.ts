import { eachEntry } from './bundle.ts';
import { edgeTiles, type ReadTile, rootFromTiles, tileHashes } from './tile-reader.ts';
import { tileWidthMax } from './tiles.ts';
import {
  checkHash,
  checkSize,
  type Hash,
  hashBytes,
  leafPrefix,
  perfectRoot,
  sha256,
} from './tree.ts';

/** Takes leaf after leaf and keeps only the tiles at the edge: at most seven, of 8 KiB, for any log. */
export class GrowingTree {
  /** The last tile of each level. A full one stays until there is a hash for the next. */
  readonly #tiles: Buffer[] = [];
  #size: number;

  /** A log of this size, of which `read` gives the `edgeTiles`. Nothing shows them to be right but a root later on. */
  constructor(size = 0, read: ReadTile = () => null) {
    this.#size = size;
    for (const { level, n, width } of edgeTiles(size)) {
      this.#tileOf(level).set(tileHashes(level, n, width, read));
    }
  }

  get size(): number {
    return this.#size;
  }

  add(leaf: Hash): void {
    this.#tileOf(0).set(checkHash(leaf), (this.#size % tileWidthMax) * hashBytes);
    this.#grow();
  }

  /** Adds the entries of a bundle, and calls `added` after each. Overwrites the lengths between them. */
  addBundle(bundle: Uint8Array, width: number, added: () => void = () => {}): void {
    const tile = this.#tileOf(0);
    eachEntry(bundle, width, (start, end) => {
      // The prefix in the place of the length's last byte spares a copy of the entry.
      bundle[start - 1] = leafPrefix;
      const leaf = sha256(bundle.subarray(start - 1, end));
      tile.write(leaf, (this.#size % tileWidthMax) * hashBytes, 'latin1');
      this.#grow();
      added();
    });
  }

  /** The hashes of the last tile of a level: all 256 right after it became full. */
  lastTile(level: number): Uint8Array {
    const hashes = Math.floor(this.#size / tileWidthMax ** level);
    const width = hashes === 0 ? 0 : ((hashes - 1) % tileWidthMax) + 1;
    return this.#tileOf(level).subarray(0, width * hashBytes);
  }

  root(): Hash {
    return rootFromTiles(this.#size, (level) => this.#tileOf(level));
  }

  #grow(): void {
    this.#size = checkSize(this.#size + 1);
    let [level, hashes] = [0, this.#size];
    while (hashes % tileWidthMax === 0) {
      const root = perfectRoot(this.#tileOf(level));
      level += 1;
      hashes /= tileWidthMax;
      this.#tileOf(level).set(root, ((hashes - 1) % tileWidthMax) * hashBytes);
    }
  }

  #tileOf(level: number): Buffer {
    return (this.#tiles[level] ??= Buffer.alloc(tileWidthMax * hashBytes));
  }
}
