import type { Actor, BootId, Event, EventData, EventType, GuestId } from '@vestige/contract';

import { canonicalJson } from './canonical-json.ts';
import { EventsError } from './error.ts';
import { entryVersion, upcast, type VersionedEntry } from './upcast.ts';

/** An event of one type before it is in the log; the store adds `v` and `recorded`. */
export interface NewEventOf<T extends EventType> {
  readonly id: string;
  readonly type: T;
  readonly stream: string;
  readonly at: string;
  readonly actor: Actor;
  readonly guest?: GuestId | undefined;
  readonly boot?: BootId | undefined;
  readonly seq?: number | undefined;
  readonly data: EventData<T>;
}

/** An event before it is in the log: a union over the types, so that type and data always fit. */
export type NewEvent<T extends EventType = EventType> = { [K in T]: NewEventOf<K> }[T];

/** An event with its place in the log. */
export interface Recorded {
  readonly position: number;
  readonly event: Event;
}

/** C2SP tlog-tiles: a bundle gives an entry's length in 16 bits. */
export const entryBytesMax = 65_535;

/** The exact bytes that are stored, and hashed as the Merkle leaf. */
export function encodeEntry(event: NewEvent, recorded: Date): Buffer {
  const entry = Buffer.from(
    canonicalJson({ v: entryVersion, ...event, recorded: recorded.toISOString() }),
    'utf8',
  );
  if (entry.length > entryBytesMax)
    throw new EventsError(
      'entry-too-large',
      `An entry holds at most ${entryBytesMax} bytes; this ${event.type} has ${entry.length}.`,
    );
  return entry;
}

/** Reads a stored entry, whatever version wrote it. It was checked when it came in. */
export function decodeEntry(entry: Uint8Array): Event {
  const bytes = Buffer.isBuffer(entry)
    ? entry
    : Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength);
  return upcast(JSON.parse(bytes.toString('utf8')) as VersionedEntry);
}
