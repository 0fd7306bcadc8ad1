import { encodeEntry, type NewEvent } from '../entry.ts';

/** An event as it goes into the table; `id`, `stream` and `type` are copies for look-ups, the entry is the truth. */
export interface NewRow {
  readonly id: string;
  readonly stream: string;
  readonly type: string;
  readonly entry: Buffer;
}

export function encodeRows(events: readonly NewEvent[], recorded: Date): NewRow[] {
  return events.map((event) => ({
    id: event.id,
    stream: event.stream,
    type: event.type,
    entry: encodeEntry(event, recorded),
  }));
}
