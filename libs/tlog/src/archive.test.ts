import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { archiveMembers, archivePath } from './archive.ts';
import { codeOf } from './testing/code-of.ts';
import { edgeTiles } from './tile-reader.ts';
import { type TileId, tilePath, tileWidth } from './tiles.ts';

const pathsOf = (from: number, size: number) => [...archiveMembers(from, size)].map(archivePath);

describe('the files of an archive', () => {
  it('are a checkpoint alone where the log is empty', () => {
    expect(pathsOf(0, 0)).toEqual(['checkpoint']);
  });

  it('bring the entries, their hashes, and what is left of the upper levels last', () => {
    expect(pathsOf(0, 300)).toEqual([
      'checkpoint',
      'tile/entries/000',
      'tile/0/000',
      'tile/entries/001.p/44',
      'tile/0/001.p/44',
      'tile/1/000.p/1',
    ]);
  });

  it('bring an upper tile right after the one that completes it', () => {
    const paths = pathsOf(0, 65_536 + 256);
    const full = paths.indexOf('tile/1/000');
    expect(paths[full - 1]).toBe('tile/0/255');
    expect(paths.slice(full + 1)).toEqual([
      'tile/entries/256',
      'tile/0/256',
      'tile/1/001.p/1',
      'tile/2/000.p/1',
    ]);
  });

  it('begin with the tiles that stand for what is before them', () => {
    expect(pathsOf(512, 600)).toEqual([
      'checkpoint',
      'tile/1/000.p/2',
      'tile/entries/002.p/88',
      'tile/0/002.p/88',
    ]);
    expect(pathsOf(66_048, 66_304)).toEqual([
      'checkpoint',
      'tile/2/000.p/1',
      'tile/1/001.p/2',
      'tile/entries/258',
      'tile/0/258',
      'tile/1/001.p/3',
    ]);
    expect(pathsOf(66_048, 66_304).slice(1, 3)).toEqual(edgeTiles(66_048).map(tilePath));
  });

  it('are each there once, and all that a root at their end is computed from', () => {
    const bundles = fc.tuple(fc.nat({ max: 600 }), fc.integer({ min: 1, max: 140_000 }));
    fc.assert(
      fc.property(bundles, ([first, count]) => {
        const [from, size] = [first * 256, first * 256 + count];
        const paths = pathsOf(from, size);
        expect(new Set(paths).size).toBe(paths.length);
        expect(paths).toEqual(expect.arrayContaining(edgeTiles(size).map(tilePath)));
      }),
      { numRuns: 20 },
    );
  });

  it('have the width that tiles have in a log of this size', () => {
    const tiles = [...archiveMembers(0, 70_000)].filter(({ kind }) => kind === 'tile') as TileId[];
    expect(tiles.map(({ width }) => width)).toEqual(
      tiles.map(({ level, n }) => tileWidth(level, n, 70_000)),
    );
  });

  it('begin at a multiple of 256 that is in the log', () => {
    for (const [from, size] of [
      [1, 300],
      [512, 300],
      [256, 256],
      [-256, 300],
      [0, 1.5],
    ] as const) {
      expect(codeOf(() => pathsOf(from, size))).toBe('bad-size');
    }
  });
});
