import { EventsError } from '../error.ts';
import type { EventStore } from '../store/store.ts';
import type { FollowerDatabase } from './follower-database.ts';
import type { ProjectionFollower } from './projection-follower.ts';
import { readBatch } from './read-batch.ts';

const batchEvents = 500;

/**
 * Makes rows anew beside the old ones, which stay readable and in step, and puts them in their place at once. A failure
 * leaves the old ones as they were. What is held in memory is one batch, however long the log is.
 */
export async function rebuild(
  database: FollowerDatabase,
  store: EventStore,
  follower: ProjectionFollower,
  onProgress: (position: number) => void,
): Promise<void> {
  try {
    await fillAndSwap(database, store, follower, onProgress);
    follower.failure = null;
  } catch (error) {
    follower.rebuildFailure = error as Error;
    if (error instanceof EventsError) throw error;
    throw new EventsError('follower-failed', `${follower.name} cannot be rebuilt.`, {
      cause: error,
    });
  } finally {
    const positions = await database.positions([follower.name]).catch(() => null);
    follower.position = positions?.get(follower.name) ?? follower.position;
    follower.rebuilding = null;
  }
}

async function fillAndSwap(
  database: FollowerDatabase,
  store: EventStore,
  follower: ProjectionFollower,
  onProgress: (position: number) => void,
): Promise<void> {
  const shadow = await database.openShadow(follower.projection);
  try {
    let position = 0;
    for (;;) {
      const batch = await readBatch(store, position, batchEvents);
      if (batch.length > 0) await shadow.fill(batch);
      position += batch.length;
      follower.rebuilding = position;
      onProgress(position);
      const size = await store.size();
      if (position >= size && (await shadow.takePlace(position, size))) return;
      // Requests are served between two batches.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    await shadow.close();
  }
}
