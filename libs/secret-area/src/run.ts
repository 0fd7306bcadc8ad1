import type { Found } from './finds.ts';
import { guidBytes, type GuidWords, writeWords } from './guid.ts';
import { chunkBytes, headerBytes } from './layout.ts';
import type { AreaWriter } from './reader.ts';
import { chunks, readPiece } from './zeros.ts';

/** Entries that follow each other and are overwritten together. */
export type Run = readonly Found[];

/** GUIDs with more data than this between them are cleared one by one, so that data is seldom written a second time. */
const joinedDataMax = 4096;

/** Splits entries, in table order, where one does not follow at once. */
export function runsOf(entries: readonly Found[], dataMax = Infinity): Run[] {
  const runs: Found[][] = [];
  let open: Found[] = [];
  let end = -1;
  for (const entry of entries) {
    if (entry.offset === end) open.push(entry);
    else runs.push((open = [entry]));
    end = entry.length - headerBytes > dataMax ? -1 : entry.offset + entry.length;
  }
  return runs;
}

/** Splits them also where one is too large to be written twice. */
export function guidRunsOf(entries: readonly Found[]): Run[] {
  return runsOf(entries, joinedDataMax);
}

/** Overwrites runs and reads them back, through two pieces of memory: new ones cost more than the writes. */
export class RunWriter {
  private readonly area: AreaWriter;
  private readonly composed: Uint8Array;
  private readonly readBack: Uint8Array;
  private readonly stuck: ReadonlySet<Found>;
  /** What `composed` holds: most tables are one piece, composed once to be written and compared. */
  private held: { at: number; guidOf: GuidOf } = { at: -1, guidOf: guidNow };

  /** No GUID is cleared of an entry that is, or comes to be, in `stuck`. */
  constructor(area: AreaWriter, runs: readonly Run[], stuck: ReadonlySet<Found>) {
    const longest = runs.reduce((most, run) => Math.max(most, spanOf(run)), 0);
    const size = Math.min(longest, chunkBytes);
    const memory = new Uint8Array(size * 2);
    this.area = area;
    this.stuck = stuck;
    this.composed = memory.subarray(0, size);
    this.readBack = memory.subarray(size);
  }

  /**
   * Zeros from the first entry's data to the last one's end; the headers in between are written as they are, so that a
   * torn write leaves each of their bytes what it was. A torn `writeGuids` leaves the lengths for the same reason.
   */
  writeData(run: Run): Promise<void> {
    return this.write(run, dataOf(run));
  }

  /** Whether all that `writeData` wrote reads back so. */
  hasData(run: Run): Promise<boolean> {
    return this.readsAs(run, dataOf(run));
  }

  /** Null GUIDs from the first entry's to the last one's; lengths as they are, and the GUIDs of those that are stuck. */
  writeGuids(run: Run): Promise<void> {
    return this.write(run, guidsOf(run, this.stuck.size === 0 ? guidNull : this.guidKept));
  }

  /** Whether all that `writeGuids` wrote reads back as null GUIDs and zeros between the lengths. */
  hasNullGuids(run: Run): Promise<boolean> {
    return this.readsAs(run, guidsOf(run, guidNull));
  }

  private readonly guidKept: GuidOf = (entry) => (this.stuck.has(entry) ? entry : nullWords);

  private async write(run: Run, part: Part): Promise<void> {
    for (const [at, size] of chunks(part.from, part.to - part.from)) {
      await this.area.write(at, this.compose(run, part.guidOf, at, size));
    }
  }

  private async readsAs(run: Run, part: Part): Promise<boolean> {
    for (const [at, size] of chunks(part.from, part.to - part.from)) {
      const bytes = await readPiece(this.area, at, this.readBack.subarray(0, size));
      if (Buffer.compare(bytes, this.compose(run, part.guidOf, at, size)) === 0) continue;
      // What was not overwritten is a secret: it must not stay in this process.
      bytes.fill(0);
      return false;
    }
    return true;
  }

  private compose(run: Run, guidOf: GuidOf, at: number, size: number): Uint8Array {
    const bytes = this.composed.subarray(0, size);
    if (this.held.at === at && this.held.guidOf === guidOf) return bytes;
    this.held = { at, guidOf };
    return composed(bytes, run, at, guidOf);
  }
}

/** Which bytes of a run, and what its headers are to be. */
interface Part {
  from: number;
  to: number;
  guidOf: GuidOf;
}

type GuidOf = (entry: Found) => GuidWords;

const nullWords: GuidWords = { w0: 0, w1: 0, w2: 0, w3: 0 };
const guidNow: GuidOf = (entry) => entry;
const guidNull: GuidOf = () => nullWords;

function dataOf(run: Run): Part {
  const { dataOffset, end } = boundsOf(run);
  return { from: dataOffset, to: end, guidOf: guidNow };
}

function guidsOf(run: Run, guidOf: GuidOf): Part {
  const { offset, lastGuidEnd } = boundsOf(run);
  return { from: offset, to: lastGuidEnd, guidOf };
}

function spanOf(run: Run): number {
  const { offset, end } = boundsOf(run);
  return end - offset;
}

function boundsOf(run: Run) {
  const first = run[0]!;
  const last = run.at(-1)!;
  return {
    offset: first.offset,
    dataOffset: first.offset + headerBytes,
    lastGuidEnd: last.offset + guidBytes,
    end: last.offset + last.length,
  };
}

/** Makes `bytes` the part of a run that lies at `at`: zeros, and headers over them. */
function composed(bytes: Uint8Array, run: Run, at: number, guidOf: GuidOf): Uint8Array {
  const size = bytes.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, size);
  bytes.fill(0);
  for (let index = firstAt(run, at); index < run.length; index += 1) {
    const entry = run[index]!;
    const from = entry.offset - at;
    if (from >= size) break;
    if (from >= 0 && from + headerBytes <= size) writeHeader(view, from, entry, guidOf(entry));
    else bytes.set(...headerPart(entry, guidOf(entry), from, size));
  }
  return bytes;
}

/** The first entry whose header does not end before `at`; by halves, as a run may have very many. */
function firstAt(run: Run, at: number): number {
  let low = 0;
  let high = run.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (run[middle]!.offset + headerBytes <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

function writeHeader(view: DataView, at: number, { length }: Found, guid: GuidWords): void {
  writeWords(view, at, guid);
  view.setUint32(at + guidBytes, length, true);
}

/** What a piece holds of a header that lies across its start or its end, and where. */
function headerPart(
  entry: Found,
  guid: GuidWords,
  from: number,
  size: number,
): [part: Uint8Array, at: number] {
  const header = new Uint8Array(headerBytes);
  writeHeader(new DataView(header.buffer), 0, entry, guid);
  const part = header.subarray(Math.max(0, -from), Math.min(headerBytes, size - from));
  return [part, Math.max(0, from)];
}
