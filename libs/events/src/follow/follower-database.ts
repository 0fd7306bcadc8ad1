import type { Observable } from 'rxjs';

import type { Followed, Projection } from './projection.ts';
import type { Row, Table } from './table.ts';
import type { Key } from './view.ts';

/** How far each follower is: it has taken every event before its position. */
export type Positions = ReadonlyMap<string, number>;

/** What a reactor has done: how far it is now, and whether that must be kept. */
export interface Reacted {
  readonly position: number;
  /** False where nothing concerned it: to look at those events again would do no harm. */
  readonly isWorthKeeping: boolean;
}

/**
 * What followers need of a database. Rows and positions change together or not at all, so that each event has its effect once;
 * and among all processes that share the database one at a time moves a follower.
 */
export interface FollowerDatabase {
  /** Of those that this version of the program keeps; one that another version keeps is left out. */
  positions(names: readonly string[]): Promise<Positions>;
  /**
   * Takes the next events for those of the followers that nobody else moves right now, in one transaction. `read` answers
   * the events from a position on.
   */
  advance(
    projections: readonly Projection[],
    read: (from: number) => Promise<readonly Followed[]>,
  ): Promise<void>;
  /** Lets `work` go on from where the reactor is. False where somebody else holds it: nothing was done then. */
  hold(name: string, work: (position: number) => Promise<Reacted>): Promise<boolean>;
  /** One row; undefined where there is none. */
  row(table: Table, key: Key): Promise<Row | undefined>;
  /** Somebody else has moved a follower. */
  readonly movedElsewhere: Observable<void>;
  /** Makes an empty table beside a projection's own. */
  openShadow(projection: Projection): Promise<Shadow>;
}

/** A table that is being filled to take the place of another. */
export interface Shadow {
  /** The events are the next ones for it. */
  fill(batch: readonly Followed[]): Promise<void>;
  /**
   * Puts its rows in place of the old ones, at this position; false where the old ones have come further meanwhile, though
   * not beyond the log: what is beyond a log of this size was made of entries that are lost.
   */
  takePlace(position: number, size: number): Promise<boolean>;
  close(): Promise<void>;
}
