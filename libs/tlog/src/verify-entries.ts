import { TlogError } from './error.ts';
import { GrowingTree } from './growing-tree.ts';
import { checkSize, isEqualHash, leafHash, type TreeHead } from './tree.ts';

/** Takes the entries of a log in order and compares the roots. Keeps no entry. */
export class EntriesVerifier {
  readonly #tree: GrowingTree;
  readonly #head: TreeHead;
  readonly #pending: TreeHead[];

  /**
   * `earlier` heads of the same log, of which the entries must be a continuation. The entries are those from the first, or
   * those that follow what is in `tree`.
   */
  constructor(
    head: TreeHead,
    earlier: readonly TreeHead[] = [],
    tree: GrowingTree = new GrowingTree(),
  ) {
    this.#tree = tree;
    this.#head = head;
    this.#pending = [...earlier, head].toSorted((one, other) => other.size - one.size);
    for (const { size } of this.#pending) {
      if (checkSize(size) > head.size) {
        throw new TlogError('not-continued', `size ${size}, and now ${head.size}`);
      }
      if (size < tree.size) throw new TlogError('begins-later', `${tree.size} after ${size}`);
    }
    this.#compare();
  }

  /** How many entries the log has so far. */
  get size(): number {
    return this.#tree.size;
  }

  take(entry: Uint8Array): void {
    this.#expect(1);
    this.#tree.add(leafHash(entry));
    this.#compare();
  }

  /** Takes the entries of a bundle; much faster than one by one, and overwrites the lengths between them. */
  takeBundle(bundle: Uint8Array, width: number): void {
    this.#expect(width);
    this.#tree.addBundle(bundle, width, () => this.#compare());
  }

  /** Returns if all entries came that the head covers; throws `TlogError` if not. */
  finish(): void {
    if (this.size < this.#head.size) {
      throw new TlogError('entries-missing', `${this.size} of ${this.#head.size}`);
    }
  }

  #expect(entries: number): void {
    if (this.size + entries > this.#head.size) {
      throw new TlogError('entries-beyond', `size ${this.#head.size}`);
    }
  }

  #compare(): void {
    while (this.#pending.at(-1)?.size === this.#tree.size) {
      const head = this.#pending.pop() as TreeHead;
      if (isEqualHash(this.#tree.root(), head.root)) continue;
      const code = head === this.#head ? 'root-mismatch' : 'not-continued';
      throw new TlogError(code, `size ${head.size}`);
    }
  }
}

/** Returns if these are exactly the entries that the head covers; throws `TlogError` if not. */
export function verifyEntries(
  entries: Iterable<Uint8Array>,
  head: TreeHead,
  earlier: readonly TreeHead[] = [],
): void {
  const verifier = new EntriesVerifier(head, earlier);
  for (const entry of entries) verifier.take(entry);
  verifier.finish();
}
