import { TlogError } from './error.ts';
import { edgeTiles } from './tile-reader.ts';
import { bundlePath, type TileId, tilePath, tileWidth, tileWidthMax } from './tiles.ts';
import { checkSize } from './tree.ts';

/** One file of an archive that holds a log, or its end, for offline verification. */
export type ArchiveMember =
  | { readonly kind: 'checkpoint' }
  | { readonly kind: 'tile'; readonly level: number; readonly n: number; readonly width: number }
  | { readonly kind: 'entries'; readonly n: number; readonly width: number };

/**
 * The files of an archive in their order, for the entries from `from`, a multiple of 256, up to `size`, that of the
 * checkpoint. It is one in which a reader of the stream can check each file when it comes, and keep only the log's edge:
 * the checkpoint, the tiles that stand for what is before `from`, then entries, their hashes, and every tile as soon as it
 * is full; last the partial tiles of the upper levels. No file comes twice.
 */
export function* archiveMembers(from: number, size: number): Generator<ArchiveMember> {
  checkRange(from, size);
  yield { kind: 'checkpoint' };
  const given = new Set<string>();
  for (const tile of edgeTiles(from)) {
    given.add(tilePath(tile));
    yield { kind: 'tile', ...tile };
  }
  for (let n = from / tileWidthMax; n * tileWidthMax < size; n += 1) {
    const width = tileWidth(0, n, size);
    yield { kind: 'entries', n, width };
    yield { kind: 'tile', level: 0, n, width };
    if (width === tileWidthMax) yield* completedBy(n);
  }
  for (const tile of upperEdge(size)) {
    if (!given.has(tilePath(tile))) yield { kind: 'tile', ...tile };
  }
}

/** The name of a file in the archive: its path as C2SP tlog-tiles serves it. */
export function archivePath(member: ArchiveMember): string {
  if (member.kind === 'checkpoint') return 'checkpoint';
  return member.kind === 'tile' ? tilePath(member) : bundlePath(member);
}

/** Where an archive can begin: at an empty log, or at an entry that a bundle begins with. */
function checkRange(from: number, size: number): void {
  const isEmpty = checkSize(from) === 0 && checkSize(size) === 0;
  if (from % tileWidthMax !== 0 || (from >= size && !isEmpty)) {
    throw new TlogError('bad-size', `from ${from} to ${size}`);
  }
}

/** The tiles of upper levels that are full once the level-0 tile `n` is, the lowest first. */
function* completedBy(n: number): Generator<ArchiveMember> {
  let [level, below] = [1, n + 1];
  while (below % tileWidthMax === 0) {
    below /= tileWidthMax;
    yield { kind: 'tile', level, n: below - 1, width: tileWidthMax };
    level += 1;
  }
}

/** The partial tiles above level 0, the lowest first. */
function* upperEdge(size: number): Generator<TileId> {
  let level = 1;
  for (
    let count = Math.floor(size / tileWidthMax);
    count > 0;
    count = Math.floor(count / tileWidthMax)
  ) {
    const width = count % tileWidthMax;
    if (width > 0) yield { level, n: Math.floor(count / tileWidthMax), width };
    level += 1;
  }
}
