import type { DataSource, EntitySchema, MigrationInterface } from 'typeorm';

import type { FollowerDatabase } from './follow/follower-database.ts';
import type { Followers } from './follow/followers.ts';
import type { LogTree } from './follow/run-tree.ts';
import type { Signing } from './follow/tree.ts';
import type { Gate } from './gated-store.ts';
import type { EventStore } from './store/store.ts';

export interface LogOptions {
  /** A path, `:memory:`, or the URL of a PostgreSQL database: `postgres://...`. */
  readonly file: string;
  readonly clock?: () => Date;
  /** Tables of the caller's own in the same database; to be written with `insert`, `update` and `delete` only. */
  readonly entities?: readonly EntitySchema[];
  /** Run before the tables of `entities` are brought in line; an entity that migrations keep says `synchronize: false`. */
  readonly migrations?: readonly (new () => MigrationInterface)[];
  /** Signs checkpoints; without it the tree has tiles only. */
  readonly signing?: Signing;
  /** False where nobody but the caller is to append anything: reactions wait for the next opening. */
  readonly reacts?: boolean;
  /** Asked before every append, by whomever. */
  readonly gate?: Gate;
}

/** The log, what follows it, and the database that the views are read from. */
export interface Log {
  readonly store: EventStore;
  readonly dataSource: DataSource;
  readonly followers: Followers;
  readonly tree: LogTree;
  /** Runs `work` while nobody else who shares the database does anything under the same name. */
  readonly exclusively: <T>(name: string, work: () => Promise<T>) => Promise<T>;
  close(): Promise<void>;
}

/** The parts of a log that depend on where it is kept. */
export interface OpenedDatabase {
  readonly store: EventStore;
  readonly dataSource: DataSource;
  readonly database: FollowerDatabase;
  readonly exclusively: <T>(name: string, work: () => Promise<T>) => Promise<T>;
  close(): Promise<void>;
}
