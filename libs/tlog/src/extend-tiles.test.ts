import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { extendTiles } from './extend-tiles.ts';
import { codeOf } from './testing/code-of.ts';
import { leavesOf, referenceRoot } from './testing/reference-tree.ts';
import { storeOf, TileStore } from './testing/tile-store.ts';
import { edgeTiles, loadTiles, rootFromTiles } from './tile-reader.ts';
import { tileWidth } from './tiles.ts';
import { emptyRoot, type Hash } from './tree.ts';

const sizeMax = 3600;
const leaves = leavesOf(0, sizeMax);

function textOf({ tiles }: TileStore): Map<string, string> {
  return new Map([...tiles].map(([id, hashes]) => [id, Buffer.from(hashes).toString('base64')]));
}

describe('the tiles of a log', () => {
  // C2SP tlog-tiles, "Partial Tiles": a tree of size 70,000.
  it('are laid out as C2SP says', () => {
    const store = storeOf(70_000);
    const layout = new Map<string, number>();
    for (const [id, hashes] of store.tiles) {
      const kind = `${id.split('/')[0]} ${hashes.length / 32}`;
      layout.set(kind, (layout.get(kind) ?? 0) + 1);
    }
    expect(Object.fromEntries(layout)).toEqual({
      '0 256': 273,
      '0 112': 1,
      '1 256': 1,
      '1 17': 1,
      '2 1': 1,
    });
    for (const [id, hashes] of store.tiles) {
      const [level, n] = id.split('/').map(Number) as [number, number];
      expect(hashes.length).toBe(32 * tileWidth(level, n, 70_000));
    }
  });

  it('hold the hashes over 256 ^ level entries', () => {
    const store = storeOf(sizeMax);
    const second = store.read(1, 0)?.subarray(32, 64);
    expect(Buffer.from(second as Hash)).toEqual(referenceRoot(leaves.slice(256, 512)));
  });

  it('are the same however the entries came', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 6 }), (batches) => {
        const store = new TileStore();
        for (const count of batches) store.append(leaves.slice(store.size, store.size + count));
        expect(textOf(store)).toEqual(textOf(storeOf(store.size)));
      }),
      { numRuns: 40 },
    );
  });

  it('are written again alike when a batch is repeated after a crash', () => {
    const store = storeOf(500);
    const written = store.append(leavesOf(500, 800));
    expect(extendTiles(500, leavesOf(500, 800), store.read)).toEqual(written);
  });

  it('are written where something was added, and nowhere else', () => {
    const store = storeOf(700);
    const written = store.append(leavesOf(700, 800));
    expect(written.map(({ level, n, hashes }) => [level, n, hashes.length / 32])).toEqual([
      [0, 2, 256],
      [0, 3, 32],
      [1, 0, 3],
    ]);
    expect(store.append([])).toEqual([]);
  });

  it('are not extended over a tile that is missing or too short', () => {
    expect(codeOf(() => extendTiles(5, leavesOf(5, 6), () => null))).toBe('tile-missing');
    expect(codeOf(() => extendTiles(5, leavesOf(5, 6), () => Buffer.alloc(4 * 32)))).toBe(
      'tile-missing',
    );
    expect(codeOf(() => extendTiles(256, leavesOf(0, 256), () => null))).toBe('tile-missing');
  });

  it('take nothing but hashes, at sizes that a log can have', () => {
    expect(codeOf(() => extendTiles(0, [Buffer.alloc(31)], () => null))).toBe('not-a-hash');
    expect(codeOf(() => extendTiles(-1, [], () => null))).toBe('bad-size');
    expect(codeOf(() => extendTiles(2 ** 53 - 1, leavesOf(0, 1), () => null))).toBe('bad-size');
  });
});

describe('the root from tiles', () => {
  const store = storeOf(sizeMax);

  it('is the root of the log at any size, from the edge tiles alone', async () => {
    const sizes = fc.integer({ min: 0, max: sizeMax });
    await fc.assert(
      fc.asyncProperty(sizes, async (size) => {
        const read = await loadTiles(edgeTiles(size), async ({ level, n, width }) => {
          return store.read(level, n)?.subarray(0, width * 32) ?? null;
        });
        const expected = Buffer.from(referenceRoot(leaves.slice(0, size)));
        expect(Buffer.from(rootFromTiles(size, read))).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('is read from one tile a level', () => {
    expect(edgeTiles(70_000)).toEqual([
      { level: 2, n: 0, width: 1 },
      { level: 1, n: 1, width: 17 },
      { level: 0, n: 273, width: 112 },
    ]);
    expect(edgeTiles(256)).toEqual([{ level: 1, n: 0, width: 1 }]);
    expect(edgeTiles(0)).toEqual([]);
    expect(edgeTiles(2 ** 53 - 1)).toHaveLength(7);
    expect(rootFromTiles(0, () => null)).toEqual(emptyRoot());
  });

  it('is refused for what is no size', () => {
    expect(codeOf(() => edgeTiles(0.5))).toBe('bad-size');
    expect(codeOf(() => rootFromTiles(-1, store.read))).toBe('bad-size');
  });
});
