import {
  edgeTiles,
  extendTiles,
  type Hash,
  leafHash,
  type ReadTile,
  rootFromTiles,
  type TreeHead,
} from '@vestige/tlog';

import type { Projection, Writes } from './projection.ts';
import type { Row, Table } from './table.ts';

/** Signs what the log says of itself, so that nothing is ever signed that does not continue what was signed before. */
export interface Signing {
  /** How many entries the newest checkpoint covers that this signer knows; 0 where it knows none. */
  signedSize(): number;
  /** The note, or null where it will not sign now. `signedRoot` is what the tiles say of the first `signedSize` entries. */
  sign(head: TreeHead, signedSize: number, signedRoot: Hash): string | null;
}

/** All hashes that a tile has now, cut to its width when it is served (C2SP tlog-tiles). */
export const tileTable: Table = {
  name: 'tile',
  columns: [
    { name: 'level', type: 'integer', isKey: true },
    { name: 'n', type: 'bigint', isKey: true },
    { name: 'hashes', type: 'bytes', isKey: false },
  ],
};

/** The newest signed checkpoint, in the one row with id 1. */
export const checkpointTable: Table = {
  name: 'checkpoint',
  columns: [
    { name: 'id', type: 'integer', isKey: true },
    { name: 'size', type: 'bigint', isKey: false },
    { name: 'note', type: 'text', isKey: false },
  ],
};

/**
 * The Merkle tree of the log. Tiles, the position of the follower and the checkpoint over them are stored together, so that
 * whoever signs has the tree that he signs, whatever happens. Without `signing` there are tiles only.
 */
export function treeProjection(signing: Signing | null, table: Table = tileTable): Projection {
  let signedSize = 0;
  return {
    name: 'tree',
    kind: 'tree',
    shape: '1',
    table,
    /** Those that more hashes are added to, and those that the signed root is computed from. */
    keysOf([first]) {
      signedSize = signing?.signedSize() ?? 0;
      const tiles = [...edgeTiles(first?.position ?? 0), ...edgeTiles(signedSize)];
      return [...new Map(tiles.map(({ level, n }) => [`${level}/${n}`, [level, n]])).values()];
    },
    project(batch, rowOf) {
      const [first] = batch;
      if (first === undefined) return [];
      const size = first.position + batch.length;
      const tiles = new Map<string, Uint8Array>();
      const read: ReadTile = (level, n) =>
        tiles.get(`${level}/${n}`) ??
        (rowOf([level, n])?.['hashes'] as Uint8Array | undefined) ??
        null;
      const leaves = batch.map(({ entry }) => leafHash(entry));
      const written = extendTiles(first.position, leaves, read);
      for (const { level, n, hashes } of written) tiles.set(`${level}/${n}`, hashes);
      const rows = written.map(({ level, n, hashes }): Row => ({ level, n, hashes }));
      return [{ table, rows }, ...signed(signing, size, signedSize, read)];
    },
    into: (name) => treeProjection(null, { ...table, name }),
  };
}

function signed(
  signing: Signing | null,
  size: number,
  signedSize: number,
  read: ReadTile,
): Writes[] {
  if (signing === null || size < signedSize) return [];
  const head = { size, root: rootFromTiles(size, read) };
  const note = signing.sign(head, signedSize, rootFromTiles(signedSize, read));
  if (note === null) return [];
  return [{ table: checkpointTable, rows: [{ id: 1, size, note }] }];
}
