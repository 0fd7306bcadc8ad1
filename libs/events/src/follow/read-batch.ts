import { decodeEntry } from '../entry.ts';
import type { EventStore } from '../store/store.ts';
import type { Followed } from './projection.ts';

/** The events from a position on, with their bytes. Positions are dense, so the first one gives all others. */
export async function readBatch(
  store: EventStore,
  from: number,
  limit: number,
): Promise<Followed[]> {
  const entries = await store.entries(from, limit);
  return entries.map((entry, index) => ({
    position: from + index,
    entry,
    event: decodeEntry(entry),
  }));
}
