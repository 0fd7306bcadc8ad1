import Database from 'better-sqlite3';
import { DataSource, type EntitySchema, type MigrationInterface } from 'typeorm';

import { EventsError } from './error.ts';
import type { Followers } from './follow/followers.ts';
import { ReactorFollower } from './follow/reactor-follower.ts';
import { RunningFollowers } from './follow/run-followers.ts';
import { ViewFollower } from './follow/view-follower.ts';
import { shapeOf, tableOf } from './follow/view-table.ts';
import { bootEndings } from './react/boot-endings.ts';
import { wipeProgress } from './react/wipe-progress.ts';
import { lockFile } from './store/file-lock.ts';
import { openSqliteStore, schema } from './store/sqlite.ts';
import type { EventStore } from './store/store.ts';
import { Writer } from './store/writer.ts';
import { allViews } from './views/all.ts';

const cacheKibibytes = 64 * 1024;
/** 32 MiB at 4 KiB a page: a page that changes often is then copied to the database file seldom. */
const checkpointPages = 8192;

export interface LogOptions {
  /** A path, or `:memory:`. */
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

/** Opens the log for this process alone, the views in step with it. */
export async function openLog(options: LogOptions): Promise<Log> {
  const unlock = options.file === ':memory:' ? () => {} : lockFile(options.file);
  try {
    return await openLocked(options, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

async function openLocked(options: LogOptions, unlock: () => void): Promise<Log> {
  const { dataSource, db } = await openDatabase(options);
  const writer = new Writer(db);
  const store = openSqliteStore(db, writer, options.clock);
  const followers = new RunningFollowers({
    db,
    writer,
    store,
    views: allViews.map((view) => new ViewFollower(db, view)),
    reactors: [bootEndings, wipeProgress].map(
      (reactor) => new ReactorFollower(db, writer, reactor, { store, dataSource }),
    ),
  });
  const close = async (): Promise<void> => {
    await followers.stop();
    await store.close();
    if (dataSource.isInitialized) await dataSource.destroy();
    unlock();
  };
  // A view that stands still shows in the status; the others are to be had all the same.
  await followers.reached((await store.size()) - 1).catch(() => {});
  return { store, dataSource, followers, close };
}

async function openDatabase({ file, entities = [], migrations = [] }: LogOptions) {
  let handle: Database.Database | undefined;
  const dataSource = new DataSource({
    type: 'better-sqlite3',
    driver: Database,
    database: file,
    entities: [...allViews.map(({ entity }) => entity), ...entities],
    migrations: [...migrations],
    prepareDatabase: (db: Database.Database) => {
      handle = db;
      prepare(db);
    },
  });
  await dataSource.initialize();
  const db = handle!;
  try {
    assertDurable(db, file);
    db.exec(schema);
    forgetChangedViews(db);
    await dataSource.runMigrations();
    await dataSource.synchronize();
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
  return { dataSource, db };
}

function prepare(db: Database.Database): void {
  db.pragma('journal_mode = WAL');
  // better-sqlite3 opens a database that is in WAL mode already with NORMAL, which may lose the last commits.
  db.pragma('synchronous = FULL');
  db.pragma('busy_timeout = 5000');
  db.pragma('foreign_keys = ON');
  // The indexes are hit at random: with SQLite's 2 MB of cache their pages would be written over and over again.
  db.pragma(`cache_size = -${cacheKibibytes}`);
  db.pragma(`wal_autocheckpoint = ${checkpointPages}`);
}

function assertDurable(db: Database.Database, file: string): void {
  const journal = db.pragma('journal_mode', { simple: true });
  const synchronous = db.pragma('synchronous', { simple: true });
  if (synchronous !== 2 || (file !== ':memory:' && journal !== 'wal'))
    throw new EventsError(
      'not-durable',
      `SQLite runs with journal_mode ${String(journal)} and synchronous ${String(synchronous)}.`,
    );
}

/** Views are made of the log, so one whose shape is another now is not migrated but made anew. */
function forgetChangedViews(db: Database.Database): void {
  const known = db.prepare<[string], string>('SELECT shape FROM follower WHERE name = ?').pluck();
  for (const view of allViews) {
    const shape = shapeOf(view);
    if (known.get(view.name) === shape) continue;
    db.exec(`DROP TABLE IF EXISTS "${tableOf(view)}"`);
    db.prepare('INSERT OR REPLACE INTO follower (name, position, shape) VALUES (?, 0, ?)').run(
      view.name,
      shape,
    );
  }
}
