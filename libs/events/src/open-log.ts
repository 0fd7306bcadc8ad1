import type { DataSource, EntitySchema, MigrationInterface } from 'typeorm';

import type { Followers } from './follow/followers.ts';
import type { EventStore } from './store/store.ts';

export interface LogOptions {
  readonly file: string;
  readonly clock?: () => Date;
  /** Tables of the caller's own in the same file; to be written with `insert`, `update` and `delete` only. */
  readonly entities?: readonly EntitySchema[];
  /** Run before the tables of `entities` are brought in line; an entity that migrations keep says `synchronize: false`. */
  readonly migrations?: readonly (new () => MigrationInterface)[];
}

/** The log, its followers and the database that the views are read from. */
export interface Log {
  readonly store: EventStore;
  readonly dataSource: DataSource;
  readonly followers: Followers;
  close(): Promise<void>;
}
