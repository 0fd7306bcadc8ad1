import type { DataSource } from 'typeorm';

/** What the databases say differently. */
interface Dialect {
  /** Compares text with a pattern, capitals or not. */
  readonly like: string;
  /** The function that says where a text is in another, 0 being nowhere. */
  readonly positionOf: string;
}

const sqlite: Dialect = { like: 'LIKE', positionOf: 'instr' };
const postgres: Dialect = { like: 'ILIKE', positionOf: 'strpos' };

function dialectOf(dataSource: DataSource): Dialect {
  return dataSource.options.type === 'postgres' ? postgres : sqlite;
}

/** The condition that one of the columns has a text somewhere, capitals or not; the parameter is a pattern of `containing`. */
export function anyContains(
  dataSource: DataSource,
  columns: readonly string[],
  parameter: string,
): string {
  const { like } = dialectOf(dataSource);
  return `(${columns.map((column) => String.raw`${column} ${like} :${parameter} ESCAPE '\'`).join(' OR ')})`;
}

/** The condition that a column has exactly this text somewhere. */
export function hasText(dataSource: DataSource, column: string, parameter: string): string {
  return `${dialectOf(dataSource).positionOf}(${column}, :${parameter}) > 0`;
}
