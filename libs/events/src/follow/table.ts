import type { EntitySchema, EntitySchemaColumnOptions } from 'typeorm';

/** What a column holds, in the words of TypeORM; `bytes` is for what TypeORM never sees. */
export type ColumnType = 'text' | 'integer' | 'bigint' | 'boolean' | 'simple-json' | 'bytes';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly isKey: boolean;
}

/** A table as followers read and write it. */
export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
}

/** The values of a table's columns, by name. */
export type Row = Readonly<Record<string, unknown>>;

const columnTypes: readonly string[] = ['text', 'integer', 'bigint', 'boolean', 'simple-json'];

/** The table that an entity describes. */
export function tableOf<R extends object>({ options }: EntitySchema<R>): Table {
  const columns = Object.entries<EntitySchemaColumnOptions | undefined>(options.columns);
  return {
    name: options.tableName ?? options.name,
    columns: columns.map(([name, column]) => ({
      name,
      type: columnType(column?.type),
      isKey: column?.primary ?? false,
    })),
  };
}

function columnType(type: unknown): ColumnType {
  if (columnTypes.includes(String(type))) return type as ColumnType;
  throw new Error(`A view has no columns of type ${String(type)}.`);
}

export function keyColumns({ columns }: Table): Column[] {
  return columns.filter(({ isKey }) => isKey);
}
