import type { Event } from '@vestige/contract';

import { EventsError } from './error.ts';

/** The version in which entries are written. It is that of all event types together. */
export const entryVersion = 1;

/** An entry as some version wrote it. */
export interface VersionedEntry {
  readonly v: number;
  readonly type: string;
  readonly [property: string]: unknown;
}

/** Lifts an entry to the next version. Pure: the same bytes are the same event for ever. */
export type Upcaster = (entry: VersionedEntry) => Omit<VersionedEntry, 'v'>;

/** By the version that they lift from. There is one version yet: optional properties have been enough so far. */
const upcasters: Readonly<Record<number, Upcaster>> = {};

/**
 * Entries are hashed as they were written, so they are never rewritten: what an older version wrote is lifted when it is
 * read, one version at a time.
 */
export function upcast(entry: VersionedEntry): Event {
  if (entry.v === entryVersion) return asEvent(entry);
  return asEvent(lift(entry, upcasters, entryVersion));
}

/** The entry in the form of a later version. */
export function lift(
  entry: VersionedEntry,
  by: Readonly<Record<number, Upcaster>>,
  version: number,
): VersionedEntry {
  let lifted = entry;
  while (lifted.v !== version) {
    const upcaster = by[lifted.v];
    if (upcaster === undefined)
      throw new EventsError('unknown-version', `Entry version ${String(entry.v)} is not known.`);
    lifted = { ...upcaster(lifted), v: lifted.v + 1 } as VersionedEntry;
  }
  return lifted;
}

/** An entry was checked when it came in, and the upcasters are held to the contract by the golden files. */
function asEvent(entry: VersionedEntry): Event {
  return entry as unknown as Event;
}
