import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { encodeBundle } from './bundle.ts';
import { GrowingTree } from './growing-tree.ts';
import { codeOf } from './testing/code-of.ts';
import { entryOf, leavesOf, referenceRoot } from './testing/reference-tree.ts';
import { storeOf } from './testing/tile-store.ts';
import { leafInputs, roots } from './testing/vectors.ts';
import { rootFromTiles } from './tile-reader.ts';
import { leafHash } from './tree.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function grown(size: number, tree = new GrowingTree()): GrowingTree {
  for (const leaf of leavesOf(tree.size, size)) tree.add(leaf);
  return tree;
}

describe('GrowingTree', () => {
  it('has the known root at each size', () => {
    const tree = new GrowingTree();
    expect(hex(tree.root())).toBe(hex(roots[0] as Buffer));
    for (const [at, input] of leafInputs.entries()) {
      tree.add(leafHash(input));
      expect(hex(tree.root())).toBe(hex(roots[at + 1] as Buffer));
      expect(tree.size).toBe(at + 1);
    }
  });

  it('has the root that RFC 6962 defines at any size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 700 }), (size) => {
        expect(hex(grown(size).root())).toBe(hex(referenceRoot(leavesOf(0, size))));
      }),
      { numRuns: 30 },
    );
  });

  it('has the root of all entries at the sizes where tiles become full', () => {
    const store = storeOf(66_000);
    const tree = new GrowingTree();
    for (const size of [255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 65_792, 66_000]) {
      expect(hex(grown(size, tree).root())).toBe(hex(rootFromTiles(size, store.read)));
    }
  });

  it('goes on from the edge tiles of any size', () => {
    const store = storeOf(66_000);
    const sizes = fc.oneof(
      fc.constantFrom(0, 1, 255, 256, 257, 65_280, 65_535, 65_536, 65_537),
      fc.nat({ max: 65_900 }),
    );
    fc.assert(
      fc.property(sizes, fc.nat({ max: 600 }), (from, more) => {
        const tree = new GrowingTree(from, store.read);
        const to = Math.min(66_000, from + more);
        expect(hex(tree.root())).toBe(hex(rootFromTiles(from, store.read)));
        expect(hex(grown(to, tree).root())).toBe(hex(rootFromTiles(to, store.read)));
      }),
      { numRuns: 60 },
    );
  });

  it('shows the last tile of each level, whole when it has just become full', () => {
    const store = storeOf(65_792);
    const tile = (level: number, n: number) => hex(store.read(level, n) as Uint8Array);
    const tree = grown(65_536);
    expect(hex(tree.lastTile(0))).toBe(tile(0, 255));
    expect(hex(tree.lastTile(1))).toBe(tile(1, 0));
    expect(hex(tree.lastTile(2))).toBe(tile(2, 0));
    expect(hex(tree.lastTile(3))).toBe('');
    grown(65_792, tree);
    expect(hex(tree.lastTile(0))).toBe(tile(0, 256));
    expect(hex(tree.lastTile(1))).toBe(tile(1, 1));
  });

  it('takes the entries of a bundle as it takes their leaves, and tells of each', () => {
    const sizes = fc.tuple(fc.nat({ max: 300 }), fc.nat({ max: 256 }));
    fc.assert(
      fc.property(sizes, ([before, width]) => {
        const tree = grown(before);
        const entries = Array.from({ length: width }, (_, at) => entryOf(before + at));
        const seen: number[] = [];
        tree.addBundle(encodeBundle(entries), width, () => seen.push(tree.size));
        expect(seen).toEqual(entries.map((_, at) => before + at + 1));
        expect(hex(tree.root())).toBe(hex(grown(before + width).root()));
      }),
      { numRuns: 30 },
    );
  });

  it('takes nothing but hashes, whole bundles and tiles that are there', () => {
    expect(codeOf(() => new GrowingTree().add(Buffer.alloc(20)))).toBe('not-a-hash');
    const cut = encodeBundle([entryOf(0)]).subarray(0, 3);
    expect(codeOf(() => new GrowingTree().addBundle(cut, 1))).toBe('malformed-bundle');
    expect(codeOf(() => new GrowingTree(256))).toBe('tile-missing');
  });
});
