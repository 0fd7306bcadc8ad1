import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { codeOf } from './testing/code-of.ts';
import { bundlePath, parseBundlePath, parseTilePath, tilePath, tileWidth } from './tiles.ts';

const ids = fc.record({
  level: fc.integer({ min: 0, max: 63 }),
  n: fc.maxSafeNat(),
  width: fc.integer({ min: 1, max: 256 }),
});

describe('the path of a tile', () => {
  // C2SP tlog-tiles, "Merkle Tree".
  it('writes its number in groups of three digits', () => {
    expect(tilePath({ level: 0, n: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067');
    expect(tilePath({ level: 0, n: 273, width: 112 })).toBe('tile/0/273.p/112');
    expect(tilePath({ level: 2, n: 0, width: 1 })).toBe('tile/2/000.p/1');
    expect(bundlePath({ n: 1_234_067, width: 256 })).toBe('tile/entries/x001/x234/067');
    expect(bundlePath({ n: 1000, width: 7 })).toBe('tile/entries/x001/000.p/7');
  });

  it('is read as it is written', () => {
    fc.assert(
      fc.property(ids, (id) => {
        expect(parseTilePath(tilePath(id))).toEqual(id);
        const { n, width } = id;
        expect(parseBundlePath(bundlePath({ n, width }))).toEqual({ n, width });
      }),
    );
  });

  it('has one spelling', () => {
    for (const path of [
      'tile/0/67',
      'tile/0/0067',
      'tile/0/x000/067',
      'tile/0/001/067',
      'tile/0/x001',
      'tile/00/067',
      'tile/64/067',
      'tile/-1/067',
      'tile//067',
      'tile/0/067.p/0',
      'tile/0/067.p/07',
      'tile/0/067.p/256',
      'tile/0/067.p/999',
      'tile/0/067.p/',
      'tile/0/067/',
      'tile/0/067\n',
      '/tile/0/067',
      'tile/0/../067',
      'tile/0/x009/x007/x199/x254/x740/992',
      'tile/0/x001/x001/x001/x001/x001/x001/001',
      'tile/entries/067',
    ]) {
      expect([path, codeOf(() => parseTilePath(path))]).toEqual([path, 'malformed-tile-path']);
    }
    for (const path of ['tile/entries', 'tile/entries/', 'tile/0/067', 'tile/entries/x67/000']) {
      expect(codeOf(() => parseBundlePath(path))).toBe('malformed-tile-path');
    }
  });

  it('is refused with the right code whatever it is', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^tile\/[0-9]{0,3}\/[x0-9/.p]{0,24}$/), (path) => {
        let code = codeOf(() => parseTilePath(path));
        code ??= tilePath(parseTilePath(path)) === path ? 'malformed-tile-path' : 'bad-index';
        expect(code).toBe('malformed-tile-path');
      }),
    );
  });
});

const widths = (level: number, n: number) => tileWidth(level, n, 70_000);

describe('the width of a tile', () => {
  // C2SP tlog-tiles, "Partial Tiles": a tree of size 70,000.
  it('is full left of the edge, partial at it, none behind it', () => {
    expect([widths(0, 0), widths(0, 272), widths(0, 273), widths(0, 274)]).toEqual([
      256, 256, 112, 0,
    ]);
    expect([widths(1, 0), widths(1, 1), widths(1, 2)]).toEqual([256, 17, 0]);
    expect([widths(2, 0), widths(2, 1), widths(3, 0), widths(63, 0)]).toEqual([1, 0, 0, 0]);
    expect([tileWidth(0, 0, 256), tileWidth(0, 1, 256), tileWidth(1, 0, 256)]).toEqual([256, 0, 1]);
  });
});
