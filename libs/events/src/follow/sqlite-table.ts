import type { Database, Statement } from 'better-sqlite3';

import { type Column, keyColumns, type Row, type Table } from './table.ts';
import type { Key } from './view.ts';

type Value = string | number | Uint8Array | null;

/** A table's rows in SQLite by prepared statements, in the shape that TypeORM gives them there. */
export class SqliteTable {
  readonly #columns: readonly Column[];
  readonly #load: Statement<unknown[], Record<string, Value>>;
  readonly #store: Statement;

  constructor(db: Database, table: Table) {
    this.#columns = table.columns;
    const names = table.columns.map(({ name }) => `"${name}"`).join(', ');
    const keys = keyColumns(table).map(({ name }) => `"${name}" = ?`);
    const values = table.columns.map(() => '?').join(', ');
    this.#load = db.prepare(`SELECT ${names} FROM "${table.name}" WHERE ${keys.join(' AND ')}`);
    this.#store = db.prepare(
      `INSERT OR REPLACE INTO "${table.name}" (${names}) VALUES (${values})`,
    );
  }

  load(key: Key): Row | undefined {
    const stored = this.#load.get(...key);
    if (stored === undefined) return undefined;
    const entries = this.#columns.map(
      (column) => [column.name, decode(column, stored[column.name]!)] as const,
    );
    return Object.fromEntries(entries);
  }

  store(row: Row): void {
    this.#store.run(...this.#columns.map((column) => encode(column, row[column.name])));
  }
}

function encode({ type }: Column, value: unknown): Value {
  if (value === null) return null;
  if (type === 'simple-json') return JSON.stringify(value);
  if (type === 'boolean') return value === true ? 1 : 0;
  return value as Value;
}

function decode({ type }: Column, value: Value): unknown {
  if (value === null) return null;
  if (type === 'simple-json') return JSON.parse(String(value));
  if (type === 'boolean') return value === 1;
  return value;
}
