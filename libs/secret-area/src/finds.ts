import { guidBytes, type GuidWords } from './guid.ts';
import { filesMax } from './layout.ts';

/** A well-formed entry: where it lies, and its GUID. */
export interface Found extends GuidWords {
  readonly offset: number;
  readonly length: number;
}

/** Four of the GUID, then the offset and the length, which are unsigned. */
const wordsEach = 6;
/** As many as Linux looks at: few tables have more. */
const firstWords = filesMax * wordsEach;
const none = new Int32Array(0);

/**
 * What a walk found, in one array of words. An object for each entry costs many times more in a large table, as the
 * garbage collector copies them all. Indexes are those of the walk, below `count`.
 */
export class Finds {
  count = 0;

  #words: Int32Array = none;

  /** Takes the header at `at` of `view`; its entry lies at `offset` of the area. */
  add(view: DataView, at: number, offset: number): void {
    const word = this.count * wordsEach;
    if (word === this.#words.length) this.#words = grown(this.#words);
    const words = this.#words;
    words[word] = view.getInt32(at, true);
    words[word + 1] = view.getInt32(at + 4, true);
    words[word + 2] = view.getInt32(at + 8, true);
    words[word + 3] = view.getInt32(at + 12, true);
    words[word + 4] = offset;
    words[word + 5] = view.getInt32(at + guidBytes, true);
    this.count += 1;
  }

  at(index: number): Found {
    const word = index * wordsEach;
    return {
      w0: this.#words[word]!,
      w1: this.#words[word + 1]!,
      w2: this.#words[word + 2]!,
      w3: this.#words[word + 3]!,
      offset: this.#words[word + 4]! >>> 0,
      length: this.#words[word + 5]! >>> 0,
    };
  }

  /** Those that somebody wants, in table order; no object is made of the others. */
  where(isWanted: (index: number) => boolean): Found[] {
    const wanted: Found[] = [];
    for (let index = 0; index < this.count; index += 1) {
      if (isWanted(index)) wanted.push(this.at(index));
    }
    return wanted;
  }

  lengthAt(index: number): number {
    return this.#words[index * wordsEach + 5]! >>> 0;
  }

  /** All four words of the GUID in one: the same for the same GUID, and seldom for another. */
  mixedAt(index: number): number {
    const words = this.#words;
    const word = index * wordsEach;
    return words[word]! ^ words[word + 1]! ^ words[word + 2]! ^ words[word + 3]!;
  }

  isNullAt(index: number): boolean {
    const words = this.#words;
    const word = index * wordsEach;
    return (words[word]! | words[word + 1]! | words[word + 2]! | words[word + 3]!) === 0;
  }

  hasGuid(index: number, { w0, w1, w2, w3 }: GuidWords): boolean {
    const words = this.#words;
    const word = index * wordsEach;
    return (
      words[word] === w0 &&
      words[word + 1] === w1 &&
      words[word + 2] === w2 &&
      words[word + 3] === w3
    );
  }
}

/** Four times as long, so that all copying together is less than the words, however many there are. */
function grown(words: Int32Array): Int32Array {
  if (words.length === 0) return fromSlab();
  const longer = new Int32Array(words.length * 4);
  longer.set(words);
  return longer;
}

/** The first words of many walks come in one piece: setting memory aside costs more than walking a small table. */
const slabWalks = 16;
let slab = none;
let slabUsed = 0;

function fromSlab(): Int32Array {
  if (slabUsed === slab.length) {
    slab = new Int32Array(firstWords * slabWalks);
    slabUsed = 0;
  }
  slabUsed += firstWords;
  return slab.subarray(slabUsed - firstWords, slabUsed);
}
