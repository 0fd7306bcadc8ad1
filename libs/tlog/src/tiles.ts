import { parseDecimal } from './decimal.ts';
import { TlogError } from './error.ts';

/** C2SP tlog-tiles: a tile holds 256 hashes, a bundle 256 entries. */
export const tileWidthMax = 256;
const levelMax = 63;

/** Hashes `256 * n` and on of a level; a width below 256 is a partial tile at the log's right edge. */
export interface TileId {
  readonly level: number;
  readonly n: number;
  readonly width: number;
}

/** 256 entries that hash to the level-0 tile of the same `n`. */
export interface BundleId {
  readonly n: number;
  readonly width: number;
}

/** How many hashes tile `n` of a level has in a log of this size: 0 to 256; 0 must not be served. */
export function tileWidth(level: number, n: number, size: number): number {
  const behind = Math.floor(size / tileWidthMax ** level) - n * tileWidthMax;
  return Math.min(tileWidthMax, Math.max(0, behind));
}

/** `tile/0/x001/x234/067.p/112`, to be put behind a log's prefix. */
export function tilePath({ level, n, width }: TileId): string {
  return `tile/${level}/${indexPath(n)}${partialSuffix(width)}`;
}

/** `tile/entries/x001/x234/067.p/112`, to be put behind a log's prefix. */
export function bundlePath({ n, width }: BundleId): string {
  return `tile/entries/${indexPath(n)}${partialSuffix(width)}`;
}

/** Reads what `tilePath` writes, in its one spelling. */
export function parseTilePath(path: string): TileId {
  const [, levelText = '', rest = ''] = /^tile\/([0-9]{1,2})\/(.*)$/.exec(path) ?? [];
  const level = parseDecimal(levelText);
  if (level === null || level > levelMax) throw new TlogError('malformed-tile-path');
  return { level, ...parseIndexPath(rest) };
}

/** Reads what `bundlePath` writes, in its one spelling. */
export function parseBundlePath(path: string): BundleId {
  const [, rest = ''] = /^tile\/entries\/(.*)$/.exec(path) ?? [];
  return parseIndexPath(rest);
}

/** Groups of three digits, all but the last marked with `x`: no path is both a file and a directory. */
function indexPath(n: number): string {
  const digits = String(n);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  return padded.replace(/[0-9]{3}(?=[0-9])/g, 'x$&/');
}

function partialSuffix(width: number): string {
  return width === tileWidthMax ? '' : `.p/${width}`;
}

function parseIndexPath(text: string): BundleId {
  const found = /^((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(text);
  const [, groups = '', widthText] = found ?? [];
  const n = parseDecimal(groups.replace(/[x/]/g, '').replace(/^0+(?=[0-9])/, ''));
  const width = widthText === undefined ? tileWidthMax : parseDecimal(widthText);
  if (n === null || width === null || width === 0) throw new TlogError('malformed-tile-path');
  // A second spelling of one tile (x000/007, .p/256, .p/999) would be a second cache entry.
  if (`${indexPath(n)}${partialSuffix(width)}` !== text || width > tileWidthMax) {
    throw new TlogError('malformed-tile-path');
  }
  return { n, width };
}
