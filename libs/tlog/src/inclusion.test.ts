import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { inclusionTiles, proveInclusion, verifyInclusion } from './inclusion.ts';
import { codeOf } from './testing/code-of.ts';
import { leavesOf, referenceRoot } from './testing/reference-tree.ts';
import { storeOf, TileStore } from './testing/tile-store.ts';
import { inclusionProofs, leafInputs, roots } from './testing/vectors.ts';
import { loadTiles } from './tile-reader.ts';
import { type Hash, leafHash } from './tree.ts';

const sizeMax = 3000;
const whole = storeOf(sizeMax);
const leaves = leavesOf(0, sizeMax);
const sizes = fc.integer({ min: 1, max: sizeMax });

function flip(bytes: Hash, bit: number): Hash {
  const flipped = Buffer.from(bytes);
  flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
  return flipped;
}

describe('an inclusion proof', () => {
  const store = new TileStore();
  store.append(leafInputs.map(leafHash));

  it('is the known one', () => {
    for (const { index, size, proof } of inclusionProofs) {
      const head = { size, root: roots[size] as Buffer };
      expect(proveInclusion(index, size, store.read)).toEqual(proof);
      verifyInclusion(proof, leafHash(leafInputs[index] as Buffer), index, head);
    }
  });

  it('verifies for every leaf of every small log', () => {
    for (let size = 1; size <= 70; size += 1) {
      const head = { size, root: referenceRoot(leaves.slice(0, size)) };
      for (let index = 0; index < size; index += 1) {
        verifyInclusion(
          proveInclusion(index, size, whole.read),
          leaves[index] as Hash,
          index,
          head,
        );
      }
    }
    expect(whole.size).toBe(sizeMax);
  });

  it('from tiles verifies at any size, also from tiles that have grown since', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), (size, some) => {
        const index = some % size;
        const head = { size, root: referenceRoot(leaves.slice(0, size)) };
        const proof = proveInclusion(index, size, whole.read);
        const leaf = leaves[index] as Hash;
        expect(codeOf(() => verifyInclusion(proof, leaf, index, head))).toBeNull();
      }),
      { numRuns: 60 },
    );
  });

  it('fails with any bit flipped, any hash more or less, and for any other leaf, index, size or root', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: sizeMax }), fc.nat(), fc.nat(), (size, some, bits) => {
        const index = some % size;
        const root = referenceRoot(leaves.slice(0, size));
        const leaf = leaves[index] as Hash;
        const proof = proveInclusion(index, size, whole.read);
        const bit = bits % 256;
        const at = bits % proof.length;
        const mismatch = (hashes: Hash[], hash = leaf, where = index, head = { size, root }) =>
          expect(codeOf(() => verifyInclusion(hashes, hash, where, head))).toBe('proof-mismatch');
        mismatch(proof.with(at, flip(proof[at] as Hash, bit)));
        mismatch(proof.slice(1));
        mismatch(proof.slice(0, -1));
        mismatch([...proof, root]);
        mismatch([root, ...proof]);
        mismatch(proof, flip(leaf, bit));
        mismatch(proof, leaf, (index + 1) % size);
        mismatch(proof, leaf, index, { size: size * 2 + 1, root });
        mismatch(proof, leaf, index, { size, root: flip(root, bit) });
      }),
      { numRuns: 60 },
    );
  });

  it('is refused with hashes of another length', () => {
    const head = { size: 2, root: referenceRoot(leaves.slice(0, 2)) };
    const [first, second] = leaves as [Hash, Hash];
    const cut = second.subarray(1);
    expect(codeOf(() => verifyInclusion([cut], first, 0, head))).toBe('not-a-hash');
    expect(codeOf(() => verifyInclusion([second], first.subarray(1), 0, head))).toBe('not-a-hash');
    const cutHead = { size: 2, root: head.root.subarray(1) };
    expect(codeOf(() => verifyInclusion([second], first, 0, cutHead))).toBe('not-a-hash');
  });

  it('does not exist for an entry that the log does not have', () => {
    const head = { size: 5, root: leaves[0] as Hash };
    for (const index of [-1, 5, 0.5, Number.NaN]) {
      expect(codeOf(() => verifyInclusion([], leaves[0] as Hash, index, head))).toBe('bad-index');
      expect(codeOf(() => proveInclusion(index, 5, whole.read))).toBe('bad-index');
    }
    expect(codeOf(() => proveInclusion(0, 0, whole.read))).toBe('bad-index');
    expect(codeOf(() => proveInclusion(0, -1, whole.read))).toBe('bad-size');
  });

  it('is not computed from tiles that are missing or too short', () => {
    expect(codeOf(() => proveInclusion(3, 3000, () => null))).toBe('tile-missing');
    expect(codeOf(() => proveInclusion(3, 3000, () => Buffer.alloc(31)))).toBe('tile-missing');
  });

  it('needs no tile beyond those it names', async () => {
    const tiles = inclusionTiles(2999, sizeMax);
    expect(tiles).toEqual([
      { level: 0, n: 11, width: 184 },
      { level: 1, n: 0, width: 11 },
    ]);
    const read = await loadTiles(tiles, async ({ level, n, width }) => {
      return whole.read(level, n)?.subarray(0, width * 32) ?? null;
    });
    expect(proveInclusion(2999, sizeMax, read)).toEqual(proveInclusion(2999, sizeMax, whole.read));
    expect(codeOf(() => proveInclusion(0, sizeMax, read))).toBe('tile-missing');
  });
});
