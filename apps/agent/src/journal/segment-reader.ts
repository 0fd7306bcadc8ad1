import { closeSync, readSync } from 'node:fs';

import { openSegment, type Segment } from './boot-directory.ts';
import { decodeRecords, type JournalRecord } from './record.ts';

const chunkBytes = 64 * 1024;
/** As many as there are readers that go on where they were, with some to spare. */
const placesMax = 8;

/** Reads a segment's records by number, and goes on where it ended before instead of reading all of it again. */
export class SegmentReader {
  /** Where in a segment's file a record begins, by path and seq. A file only grows. */
  readonly #places = new Map<string, number>();

  /** The records from `seq` to `end - 1`, as far as they are whole; empty where the segment was dropped meanwhile. */
  read(segment: Segment, seq: number, end: number): JournalRecord[] {
    try {
      const fd = openSegment(segment);
      try {
        return this.#readOpen(fd, segment, { seq, end });
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  #readOpen(
    fd: number,
    { path, firstSeq }: Segment,
    { seq, end }: { seq: number; end: number },
  ): JournalRecord[] {
    const place = this.#places.get(placeOf(path, seq));
    let [next, offset] = place === undefined ? [firstSeq, 0] : [seq, place];
    const found: JournalRecord[] = [];
    let rest = Buffer.alloc(0);
    while (next < end) {
      const chunk = Buffer.allocUnsafe(chunkBytes);
      const bytes = readSync(fd, chunk, 0, chunkBytes, offset + rest.length);
      if (bytes === 0) break;
      rest = Buffer.concat([rest, chunk.subarray(0, bytes)]);
      const { records, validBytes } = decodeRecords(rest, next, end - next);
      // A whole line that is no record is damage, and what comes after it does not count.
      if (records.length === 0 && rest.includes('\n')) break;
      for (const record of records) if (record.seq >= seq) found.push(record);
      next += records.length;
      offset += validBytes;
      rest = rest.subarray(validBytes);
    }
    this.#remember(placeOf(path, next), offset);
    return found;
  }

  #remember(place: string, offset: number): void {
    this.#places.delete(place);
    this.#places.set(place, offset);
    for (const oldest of this.#places.keys()) {
      if (this.#places.size <= placesMax) return;
      this.#places.delete(oldest);
    }
  }
}

function placeOf(path: string, seq: number): string {
  return `${path} ${seq}`;
}
