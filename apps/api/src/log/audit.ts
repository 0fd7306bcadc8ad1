import type { EventStore, LogTree } from '@vestige/events';
import { leafHash, perfectRoot, tileWidth, tileWidthMax } from '@vestige/tlog';

const hashBytes = 32;

/** How long the first round and later ones may hold the process up at once. */
const firstRoundMs = 25;
const laterRoundsMs = 5;

/**
 * Goes round the log for ever: are the entries those that the tiles were made of, and the tiles those that the tiles above
 * were made of? A byte that a disk or a hand changed shows here, however old the entry is.
 */
export class LogAudit {
  readonly #store: EventStore;
  readonly #tree: LogTree;
  #n = 0;
  #rounds = 0;

  constructor(store: EventStore, tree: LogTree) {
    this.#store = store;
    this.#tree = tree;
  }

  /** How often the whole log was gone through. */
  get rounds(): number {
    return this.#rounds;
  }

  /** Looks at the next entries for a short time. Answers what is wrong there, and then looks there again at the next call. */
  async step(): Promise<string | null> {
    const end = performance.now() + (this.#rounds === 0 ? firstRoundMs : laterRoundsMs);
    do {
      const width = tileWidth(0, this.#n, this.#tree.size);
      if (width === 0) {
        this.#n = 0;
        this.#rounds += 1;
        return null;
      }
      const flaw = await this.#check(this.#n, width);
      if (flaw !== null) return flaw;
      this.#n = width < tileWidthMax ? 0 : this.#n + 1;
      if (this.#n === 0) {
        this.#rounds += 1;
        return null;
      }
    } while (performance.now() < end);
    return null;
  }

  /** Looks at the whole log once, from its begin. */
  async all(onProgress: (position: number) => void = () => {}): Promise<string | null> {
    this.#n = 0;
    const rounds = this.#rounds;
    while (this.#rounds === rounds) {
      const flaw = await this.step();
      if (flaw !== null) return flaw;
      onProgress(Math.min(this.#n * tileWidthMax, this.#tree.size));
      // Requests are served between two steps.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return null;
  }

  async #check(n: number, width: number): Promise<string | null> {
    const first = n * tileWidthMax;
    const tile = await this.#tree.tile(0, n);
    const entries = await this.#store.entries(first, width);
    if (entries.length < width) return `Entries from ${first + entries.length} on are missing.`;
    for (const [index, entry] of entries.entries())
      if (!isAt(tile, index, leafHash(entry)))
        return `Entry ${first + index}, or the hash that is kept of it, is not the one that was signed.`;
    return this.#checkAbove(n, first);
  }

  /** A full tile hashes into the level above; the last of 256 makes the tile there full, too. */
  async #checkAbove(n: number, first: number): Promise<string | null> {
    for (let level = 1; ; level += 1) {
      const span = tileWidthMax ** level;
      if (((n + 1) * tileWidthMax) % span !== 0 || (n + 1) * tileWidthMax > this.#tree.size)
        return null;
      const child = (n + 1) / tileWidthMax ** (level - 1) - 1;
      const below = await this.#tree.tile(level - 1, child);
      const above = await this.#tree.tile(level, Math.floor(child / tileWidthMax));
      if (below === null || !isAt(above, child % tileWidthMax, perfectRoot(below)))
        return `The tiles over the entries before ${first + tileWidthMax} do not fit together.`;
    }
  }
}

function isAt(tile: Uint8Array | null, index: number, hash: Uint8Array): boolean {
  const at = index * hashBytes;
  return tile !== null && Buffer.compare(tile.subarray(at, at + hashBytes), hash) === 0;
}
