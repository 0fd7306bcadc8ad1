import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { encodeBundle } from './bundle.ts';
import { GrowingTree } from './growing-tree.ts';
import { codeOf } from './testing/code-of.ts';
import { entryOf, leavesOf, referenceRoot } from './testing/reference-tree.ts';
import { storeOf } from './testing/tile-store.ts';
import { leafInputs, roots } from './testing/vectors.ts';
import type { ReadTile } from './tile-reader.ts';
import type { TreeHead } from './tree.ts';
import { EntriesVerifier, verifyEntries } from './verify-entries.ts';

const size = 300;
const entries = Array.from({ length: size }, (_, index) => entryOf(index));
const headOf = (count: number) => ({ size: count, root: referenceRoot(leavesOf(0, count)) });

describe('the entries of a log', () => {
  it('are those of the known roots', () => {
    const heads = roots.map((root, count) => ({ size: count, root }));
    for (const head of heads) verifyEntries(leafInputs.slice(0, head.size), head);
    verifyEntries(leafInputs, heads[8] as (typeof heads)[0], heads);
    expect(heads).toHaveLength(9);
  });

  it('do not verify with any bit of any entry flipped, or two entries swapped', () => {
    const head = headOf(size);
    fc.assert(
      fc.property(fc.nat({ max: size - 2 }), fc.nat({ max: 7 }), (at, bit) => {
        const altered = Buffer.from(entries[at] as Uint8Array);
        altered[0] = (altered[0] as number) ^ (1 << bit);
        expect(codeOf(() => verifyEntries(entries.with(at, altered), head))).toBe('root-mismatch');
        const swapped = entries.toSpliced(at, 2, ...entries.slice(at, at + 2).toReversed());
        expect(codeOf(() => verifyEntries(swapped, head))).toBe('root-mismatch');
      }),
      { numRuns: 20 },
    );
  });

  it('are all there, and no more', () => {
    expect(codeOf(() => verifyEntries(entries.slice(1), headOf(size)))).toBe('entries-missing');
    expect(codeOf(() => verifyEntries(entries, headOf(size - 1)))).toBe('entries-beyond');
    expect(codeOf(() => verifyEntries([], headOf(1)))).toBe('entries-missing');
    expect(codeOf(() => verifyEntries(entries, headOf(0)))).toBe('entries-beyond');
  });

  it('continue every earlier checkpoint', () => {
    const earlier = [headOf(200), headOf(1), headOf(0), headOf(size), headOf(200)];
    verifyEntries(entries, headOf(size), earlier);
    const forked = { size: 200, root: headOf(199).root };
    expect(() => verifyEntries(entries, headOf(size), [...earlier, forked])).toThrow('size 200');
    const empty = { size: 0, root: headOf(1).root };
    expect(codeOf(() => verifyEntries(entries, headOf(size), [empty]))).toBe('not-continued');
  });

  it('are not compared with what comes later, or is no head', () => {
    expect(codeOf(() => verifyEntries(entries, headOf(5), [headOf(6)]))).toBe('not-continued');
    expect(codeOf(() => verifyEntries(entries, { ...headOf(5), size: 5.5 }))).toBe('bad-size');
    expect(codeOf(() => verifyEntries(entries, headOf(5), [{ ...headOf(5), size: -1 }]))).toBe(
      'bad-size',
    );
    const cut = { size, root: Buffer.alloc(20) };
    expect(codeOf(() => verifyEntries(entries, cut))).toBe('not-a-hash');
  });

  it('can be taken as they come', () => {
    const verifier = new EntriesVerifier(headOf(2));
    verifier.take(entryOf(0));
    expect(verifier.size).toBe(1);
    expect(codeOf(() => verifier.finish())).toBe('entries-missing');
    verifier.take(entryOf(1));
    expect(codeOf(() => verifier.finish())).toBeNull();
  });

  it('can begin in the middle, behind the edge tiles of what was before', () => {
    const store = storeOf(256);
    const after = (edge: ReadTile, earlier: readonly TreeHead[] = []) => {
      const verifier = new EntriesVerifier(headOf(size), earlier, new GrowingTree(256, edge));
      const rest = encodeBundle(entries.slice(256));
      verifier.takeBundle(rest, size - 256);
      verifier.finish();
    };
    after(store.read, [headOf(256), headOf(280)]);
    const forged = Buffer.from(store.read(1, 0) as Uint8Array).fill(7, 0, 1);
    expect(codeOf(() => after(() => forged))).toBe('root-mismatch');
    expect(codeOf(() => after(store.read, [headOf(255)]))).toBe('begins-later');
    const forked = { size: 280, root: headOf(279).root };
    expect(codeOf(() => after(store.read, [forked]))).toBe('not-continued');
  });

  it('come in no bundle that has more of them than the head covers', () => {
    const verifier = new EntriesVerifier(headOf(2));
    const bundle = encodeBundle(entries.slice(0, 3));
    expect(codeOf(() => verifier.takeBundle(bundle, 3))).toBe('entries-beyond');
  });
});
