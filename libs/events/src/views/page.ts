import { EventsError } from '../error.ts';

export interface PageQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface Page<T> {
  readonly items: T[];
  /** The cursor of the following page; null at the end. */
  readonly next: string | null;
}

/** Makes a page of rows that were read with one more than the limit. */
export function pageOf<Row, Item = Row>(
  rows: readonly Row[],
  limit: number,
  cursorOf: (row: Row) => string,
  item: (row: Row) => Item = (row) => row as unknown as Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map((row) => item(row)),
    next: rows.length > limit && last !== undefined ? cursorOf(last) : null,
  };
}

/** The position that a cursor stands for. */
export function cursorPosition(cursor: string): number {
  if (!/^\d{1,15}$/.test(cursor)) throw new EventsError('bad-cursor', 'Not a cursor of this list.');
  return Number(cursor);
}

/** A `LIKE` pattern, to be used with `ESCAPE '\'`, that finds the text anywhere. */
export function containing(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
}
