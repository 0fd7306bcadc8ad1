import type { ClientBase } from 'pg';

import { type Column, type ColumnType, keyColumns, type Row, type Table } from './table.ts';
import type { Key } from './view.ts';

const arrayTypes: Record<ColumnType, string> = {
  text: 'text[]',
  integer: 'bigint[]',
  bigint: 'bigint[]',
  boolean: 'boolean[]',
  'simple-json': 'text[]',
  bytes: 'bytea[]',
};

/** The rows under these keys, in one statement. */
export async function loadRows(
  client: ClientBase,
  table: Table,
  keys: readonly Key[],
): Promise<Row[]> {
  if (keys.length === 0) return [];
  const named = keyColumns(table);
  const { rows } = await client.query<Record<string, unknown>>({
    text: `SELECT ${listOf(table.columns)} FROM "${table.name}"
      WHERE (${listOf(named)}) IN (SELECT * FROM unnest(${parametersOf(named)}))`,
    values: named.map((_, index) => keys.map((key) => key[index])),
  });
  return rows.map((stored) =>
    Object.fromEntries(table.columns.map((column) => [column.name, decode(column, stored)])),
  );
}

/** Puts rows in place of those under the same keys, in one statement. */
export async function storeRows(
  client: ClientBase,
  table: Table,
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return;
  const others = table.columns.filter(({ isKey }) => !isKey);
  const update = others.map(({ name }) => `"${name}" = excluded."${name}"`).join(', ');
  await client.query({
    text: `INSERT INTO "${table.name}" (${listOf(table.columns)})
      SELECT * FROM unnest(${parametersOf(table.columns)})
      ON CONFLICT (${listOf(keyColumns(table))}) DO ${update === '' ? 'NOTHING' : `UPDATE SET ${update}`}`,
    values: table.columns.map((column) => rows.map((row) => encode(column, row[column.name]))),
  });
}

/** The values of a row's key columns. */
export function keyOf(table: Table, row: Row): Key {
  return keyColumns(table).map(({ name }) => row[name] as string | number);
}

function listOf(columns: readonly Column[]): string {
  return columns.map(({ name }) => `"${name}"`).join(', ');
}

function parametersOf(columns: readonly Column[]): string {
  return columns.map(({ type }, index) => `$${index + 1}::${arrayTypes[type]}`).join(', ');
}

function encode({ type }: Column, value: unknown): unknown {
  return type === 'simple-json' && value !== null ? JSON.stringify(value) : value;
}

function decode({ name, type }: Column, stored: Record<string, unknown>): unknown {
  const value = stored[name];
  return type === 'simple-json' && value !== null ? JSON.parse(value as string) : value;
}
