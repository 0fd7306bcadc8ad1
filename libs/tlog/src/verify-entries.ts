import { TlogError } from './error.ts';
import { checkSize, isEqualHash, leafHash, Tree, type TreeHead } from './tree.ts';

/** Takes the entries of a log in order, from the first, and compares the roots. Keeps no entry. */
export class EntriesVerifier {
  readonly #tree = new Tree();
  readonly #head: TreeHead;
  readonly #pending: TreeHead[];

  /** `earlier` heads of the same log, of which the entries must be a continuation. */
  constructor(head: TreeHead, earlier: readonly TreeHead[] = []) {
    this.#head = head;
    this.#pending = [...earlier, head].toSorted((one, other) => other.size - one.size);
    for (const { size } of this.#pending) {
      if (checkSize(size) > head.size) throw new TlogError('bad-size', `${size} of ${head.size}`);
    }
    this.#compare();
  }

  /** How many entries have been taken. */
  get size(): number {
    return this.#tree.size;
  }

  take(entry: Uint8Array): void {
    if (this.size === this.#head.size) {
      throw new TlogError('entries-beyond', `size ${this.#head.size}`);
    }
    this.#tree.add(leafHash(entry));
    this.#compare();
  }

  /** Returns if all entries came that the head covers; throws `TlogError` if not. */
  finish(): void {
    if (this.size < this.#head.size) {
      throw new TlogError('entries-missing', `${this.size} of ${this.#head.size}`);
    }
  }

  #compare(): void {
    while (this.#pending.at(-1)?.size === this.size) {
      const { size, root } = this.#pending.pop() as TreeHead;
      if (!isEqualHash(this.#tree.root(), root))
        throw new TlogError('root-mismatch', `size ${size}`);
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
