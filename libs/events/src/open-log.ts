import { viewProjection } from './follow/projection.ts';
import { ReactorFollower } from './follow/reactor-follower.ts';
import { RunningFollowers } from './follow/run-followers.ts';
import { RunningTree } from './follow/run-tree.ts';
import { gatedStore } from './gated-store.ts';
import type { Log, LogOptions } from './log.ts';
import { openPostgresLog } from './open-postgres.ts';
import { openSqliteLog } from './open-sqlite.ts';
import { allReactors } from './react/all.ts';
import { allViews } from './views/all.ts';

/** Opens the log with its views in step: a file for this process alone, a PostgreSQL database for any number of them. */
export async function openLog(options: LogOptions): Promise<Log> {
  const opened = await (isPostgres(options.file) ? openPostgresLog : openSqliteLog)(options);
  const { dataSource, database, exclusively } = opened;
  const store = options.gate === undefined ? opened.store : gatedStore(opened.store, options.gate);
  const tree = new RunningTree(database, store, options.signing ?? null);
  const followers = new RunningFollowers({
    database,
    store,
    views: allViews.map((view) => viewProjection(view)),
    reactors: (options.reacts === false ? [] : allReactors).map(
      (reactor) => new ReactorFollower(database, reactor, { store, dataSource }),
    ),
    others: [tree.follower],
  });
  const close = async (): Promise<void> => {
    await Promise.all([followers.stop(), tree.stop()]);
    await opened.close();
  };
  // A view that stands still shows in the status; the others are to be had all the same.
  await followers.reached((await store.size()) - 1).catch(() => {});
  return { store, dataSource, followers, tree, exclusively, close };
}

function isPostgres(file: string): boolean {
  return /^postgres(ql)?:\/\//.test(file);
}
