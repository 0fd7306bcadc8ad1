import { decodeEntry } from '../entry.ts';
import { EventsError } from '../error.ts';
import type { EventStore } from '../store/store.ts';
import type { Followed } from './projection.ts';

/** The events from a position on, with their bytes. Positions are dense, so the first one gives all others. */
export async function readBatch(
  store: EventStore,
  from: number,
  limit: number,
): Promise<Followed[]> {
  const size = await store.size();
  const entries = await store.entries(from, limit);
  if (entries.length < Math.min(limit, size - from))
    throw new EventsError(
      'log-damaged',
      `The log says that it has ${size} entries, but the one at ${from + entries.length} is missing.`,
    );
  return entries.map((entry, index) => ({
    position: from + index,
    entry,
    event: decodeEntry(entry),
  }));
}
