import type { Database, Statement } from 'better-sqlite3';
import type { EntitySchemaColumnOptions } from 'typeorm';

import type { Key, View } from './view.ts';

type Value = string | number | null;

/** A view's rows in SQLite, read and written by prepared statements in the shape that TypeORM's entity has. */
export class ViewTable<Row extends object> {
  readonly #columns: readonly Column[];
  readonly #load: Statement<unknown[], Record<string, Value>>;
  readonly #store: Statement;

  constructor(db: Database, view: View<Row>, table: string) {
    this.#columns = columnsOf(view);
    const keys = this.#columns.filter(({ isKey }) => isKey).map(({ name }) => `"${name}"`);
    const names = this.#columns.map(({ name }) => `"${name}"`);
    this.#load = db.prepare(
      `SELECT ${names.join(', ')} FROM "${table}" WHERE ${keys.map((key) => `${key} = ?`).join(' AND ')}`,
    );
    this.#store = db.prepare(
      `INSERT OR REPLACE INTO "${table}" (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    );
  }

  load(key: Key): Row | undefined {
    const stored = this.#load.get(...key);
    if (stored === undefined) return undefined;
    const entries = this.#columns.map(({ name, decode }) => [name, decode(stored[name]!)]);
    return Object.fromEntries(entries) as Row;
  }

  store(row: Row): void {
    const values = row as Record<string, unknown>;
    this.#store.run(...this.#columns.map(({ name, encode }) => encode(values[name])));
  }
}

interface Column {
  readonly name: string;
  readonly isKey: boolean;
  readonly encode: (value: unknown) => Value;
  readonly decode: (value: Value) => unknown;
}

function columnsOf<Row extends object>({ entity }: View<Row>): Column[] {
  return Object.entries<EntitySchemaColumnOptions | undefined>(entity.options.columns).map(
    ([name, options]) => ({ name, isKey: options!.primary ?? false, ...codecOf(options!) }),
  );
}

/** As TypeORM's SQLite driver stores these types. */
function codecOf({ type }: EntitySchemaColumnOptions): Pick<Column, 'encode' | 'decode'> {
  if (type === 'simple-json')
    return {
      encode: (value) => (value === null ? null : JSON.stringify(value)),
      decode: (value) => (value === null ? null : JSON.parse(String(value))),
    };
  if (type === 'boolean')
    return { encode: (value) => (value === true ? 1 : 0), decode: (value) => value === 1 };
  return { encode: (value) => value as Value, decode: (value) => value };
}

/** The table that a view's entity describes. */
export function tableOf<Row extends object>({ entity }: View<Row>): string {
  return entity.options.tableName ?? entity.options.name;
}

/** What a view's rows depend on besides the log: where it changes, the rows are to be made anew. */
export function shapeOf<Row extends object>({ version, entity }: View<Row>): string {
  return JSON.stringify([version, entity.options.columns, entity.options.indices ?? []]);
}
