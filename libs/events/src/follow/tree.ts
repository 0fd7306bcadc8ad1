import {
  edgeTiles,
  extendTiles,
  leafHash,
  type ReadTile,
  rootFromTiles,
  type TreeHead,
} from '@vestige/tlog';

import type { Projection, Writes } from './projection.ts';
import type { Row, Table } from './table.ts';

/** Signs what the log says of itself; answers the note, or null where it will not sign now. */
export type SignHead = (head: TreeHead) => string | null;

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
 * whoever signs has the tree that he signs, whatever happens. Without `sign` there are tiles only.
 */
export function treeProjection(sign: SignHead | null, table: Table = tileTable): Projection {
  return {
    name: 'tree',
    kind: 'tree',
    shape: '1',
    table,
    keysOf: ([first]) => edgeTiles(first?.position ?? 0).map(({ level, n }) => [level, n] as const),
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
      return [{ table, rows }, ...signed(sign, size, read)];
    },
    into: (name) => treeProjection(null, { ...table, name }),
  };
}

function signed(sign: SignHead | null, size: number, read: ReadTile): Writes[] {
  if (sign === null) return [];
  const note = sign({ size, root: rootFromTiles(size, read) });
  if (note === null) return [];
  return [{ table: checkpointTable, rows: [{ id: 1, size, note }] }];
}
