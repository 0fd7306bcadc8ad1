import type { Recorded } from '../entry.ts';
import { type Row, type Table, tableOf } from './table.ts';
import type { Key, View } from './view.ts';

/** An event as followers take it: with its place and its exact bytes. */
export interface Followed extends Recorded {
  readonly entry: Uint8Array;
}

/** Rows to be put in place of what a table has under the same keys. */
export interface Writes {
  readonly table: Table;
  readonly rows: readonly Row[];
}

/** What is made of the log in tables: which rows a batch of events needs, and which rows there are then. All of it pure. */
export interface Projection {
  readonly name: string;
  readonly kind: 'view' | 'tree';
  /** What its rows depend on besides the log: where that changes, they are to be made anew. */
  readonly shape: string;
  readonly table: Table;
  /** The rows to be loaded before these events are taken. */
  keysOf(batch: readonly Followed[]): readonly Key[];
  /** What to store after them. */
  project(batch: readonly Followed[], rowOf: (key: Key) => Row | undefined): readonly Writes[];
  /** The same into another table of the same form, without any effect beyond it. */
  into(tableName: string): Projection;
}

interface Touched<R> {
  row: R | undefined;
  isChanged: boolean;
}

/** A view as a projection: each event changes the rows that it touches, one after the other. */
export function viewProjection<R extends object>(
  view: View<R>,
  table: Table = tableOf(view.entity),
): Projection {
  return {
    name: view.name,
    kind: 'view',
    shape: shapeOf(view),
    table,
    keysOf: (batch) =>
      view.isWrittenOnce ? [] : distinct(batch.flatMap((one) => view.keysOf(one))),
    project: (batch, rowOf) => [{ table, rows: evolved(view, batch, rowOf) }],
    into: (name) => viewProjection(view, { ...table, name }),
  };
}

function evolved<R extends object>(
  view: View<R>,
  batch: readonly Followed[],
  rowOf: (key: Key) => Row | undefined,
): Row[] {
  const touched = new Map<string, Touched<R>>();
  for (const recorded of batch)
    for (const key of view.keysOf(recorded)) {
      const name = keyText(key);
      // A row has the form of the view's own table.
      const entry = touched.get(name) ?? { row: rowOf(key) as R | undefined, isChanged: false };
      touched.set(name, entry);
      const next = view.evolve(entry.row, recorded, key);
      entry.isChanged ||= next !== entry.row;
      entry.row = next;
    }
  return [...touched.values()].flatMap(({ row, isChanged }) =>
    isChanged && row !== undefined ? [row as Row] : [],
  );
}

/** A key as one text. */
export function keyText(key: Key): string {
  return key.join('\0');
}

function distinct(keys: readonly Key[]): Key[] {
  return [...new Map(keys.map((key) => [keyText(key), key])).values()];
}

function shapeOf<R extends object>({ version, entity }: View<R>): string {
  return JSON.stringify([version, entity.options.columns, entity.options.indices ?? []]);
}
