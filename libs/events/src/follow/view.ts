import type { EntitySchema } from 'typeorm';

import type { Recorded } from '../entry.ts';

/** A row's primary key: the values of the primary columns, in the order of the entity. */
export type Key = readonly (string | number)[];

/** A read model: its table, which rows an event touches, and how each changes. All of it pure. */
export interface View<Row extends object> {
  readonly name: string;
  /** To be raised when `evolve` or `keysOf` means something else: the view is then made anew on start. */
  readonly version: number;
  readonly entity: EntitySchema<Row>;
  /** Every row is made by one event and never touched again, so none is looked up. */
  readonly isWrittenOnce?: boolean;
  keysOf(recorded: Recorded): readonly Key[];
  /** The row after the event; undefined where there is none, as for an event that names something unknown. */
  evolve(row: Row | undefined, recorded: Recorded, key: Key): Row | undefined;
}
