import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { consistencyTiles, proveConsistency, verifyConsistency } from './consistency.ts';
import { codeOf } from './testing/code-of.ts';
import { leavesOf, referenceRoot } from './testing/reference-tree.ts';
import { storeOf, TileStore } from './testing/tile-store.ts';
import { consistencyProofs, leafInputs, roots } from './testing/vectors.ts';
import { loadTiles } from './tile-reader.ts';
import { emptyRoot, type Hash, leafHash, type TreeHead } from './tree.ts';

const sizeMax = 3000;
const whole = storeOf(sizeMax);
const leaves = leavesOf(0, sizeMax);
const sizes = fc.integer({ min: 1, max: sizeMax });

function headOf(size: number): TreeHead {
  return { size, root: referenceRoot(leaves.slice(0, size)) };
}

function flip(bytes: Hash, bit: number): Hash {
  const flipped = Buffer.from(bytes);
  flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
  return flipped;
}

const cut = (head: TreeHead) => ({ ...head, root: head.root.subarray(1) });

describe('a consistency proof', () => {
  it('is the known one', () => {
    const store = new TileStore();
    store.append(leafInputs.map(leafHash));
    for (const { from, to, proof } of consistencyProofs) {
      expect(proveConsistency(from, to, store.read)).toEqual(proof);
      const older = { size: from, root: roots[from] as Buffer };
      verifyConsistency(proof, older, { size: to, root: roots[to] as Buffer });
    }
  });

  it('verifies between any two sizes of a small log', () => {
    const heads = Array.from({ length: 71 }, (_, size) => headOf(size));
    for (let to = 1; to <= 70; to += 1) {
      for (let from = 1; from <= to; from += 1) {
        const proof = proveConsistency(from, to, whole.read);
        verifyConsistency(proof, heads[from] as TreeHead, heads[to] as TreeHead);
      }
    }
    expect(heads).toHaveLength(71);
  });

  it('from tiles verifies between any two sizes', () => {
    fc.assert(
      fc.property(sizes, sizes, (one, other) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other)];
        const proof = proveConsistency(from, to, whole.read);
        expect(codeOf(() => verifyConsistency(proof, headOf(from), headOf(to)))).toBeNull();
      }),
      { numRuns: 60 },
    );
  });

  it('fails with any bit flipped, any hash more or less, and for another root', () => {
    fc.assert(
      fc.property(sizes, sizes, fc.nat(), (one, another, bits) => {
        fc.pre(one !== another);
        const [older, newer] = [headOf(Math.min(one, another)), headOf(Math.max(one, another))];
        const proof = proveConsistency(older.size, newer.size, whole.read);
        const bit = bits % 256;
        const at = bits % proof.length;
        const mismatch = (hashes: Hash[], from = older, to = newer) =>
          expect(codeOf(() => verifyConsistency(hashes, from, to))).toBe('proof-mismatch');
        mismatch(proof.with(at, flip(proof[at] as Hash, bit)));
        mismatch(proof.slice(1));
        mismatch(proof.slice(0, -1));
        mismatch([...proof, newer.root]);
        mismatch([newer.root, ...proof]);
        mismatch([]);
        mismatch(proof, { ...older, root: flip(older.root, bit) });
        mismatch(proof, older, { ...newer, root: flip(newer.root, bit) });
        mismatch(proof, { ...older, root: newer.root }, { ...newer, root: older.root });
      }),
      { numRuns: 60 },
    );
  });

  it('of a log with itself is empty, and its roots are the same', () => {
    const head = headOf(7);
    expect(proveConsistency(7, 7, whole.read)).toEqual([]);
    verifyConsistency([], head, head);
    expect(codeOf(() => verifyConsistency([head.root], head, head))).toBe('proof-mismatch');
    const other = { size: 7, root: headOf(8).root };
    expect(codeOf(() => verifyConsistency([], head, other))).toBe('proof-mismatch');
  });

  it('is never taken from an empty log, which would vouch for anything', () => {
    const empty = { size: 0, root: emptyRoot() };
    expect(codeOf(() => verifyConsistency([], empty, headOf(5)))).toBe('empty-tree');
    expect(codeOf(() => verifyConsistency([], empty, empty))).toBe('empty-tree');
    expect(codeOf(() => proveConsistency(0, 5, whole.read))).toBe('empty-tree');
  });

  it('does not lead backwards, nor from sizes that are none', () => {
    expect(codeOf(() => verifyConsistency([], headOf(5), headOf(4)))).toBe('bad-size');
    expect(codeOf(() => proveConsistency(5, 4, whole.read))).toBe('bad-size');
    expect(codeOf(() => proveConsistency(-1, 4, whole.read))).toBe('bad-size');
    expect(codeOf(() => proveConsistency(1, 2 ** 53, whole.read))).toBe('bad-size');
  });

  it('is refused with hashes of another length', () => {
    const [older, newer] = [headOf(3), headOf(7)];
    const proof = proveConsistency(3, 7, whole.read);
    expect(codeOf(() => verifyConsistency(proof, cut(older), newer))).toBe('not-a-hash');
    expect(codeOf(() => verifyConsistency(proof, older, cut(newer)))).toBe('not-a-hash');
    expect(codeOf(() => verifyConsistency([], cut(older), cut(older)))).toBe('not-a-hash');
    for (const at of proof.keys()) {
      const damaged = proof.with(at, Buffer.alloc(33));
      expect(codeOf(() => verifyConsistency(damaged, older, newer))).toBe('not-a-hash');
    }
  });

  it('needs no tile beyond those it names', async () => {
    const tiles = consistencyTiles(1000, sizeMax);
    const read = await loadTiles(tiles, async ({ level, n, width }) => {
      return whole.read(level, n)?.subarray(0, width * 32) ?? null;
    });
    verifyConsistency(proveConsistency(1000, sizeMax, read), headOf(1000), headOf(sizeMax));
    expect(tiles.map(({ level, n, width }) => `${level}/${n} ${width}`)).toEqual([
      '0/3 256',
      '1/0 11',
      '0/11 184',
    ]);
  });
});
