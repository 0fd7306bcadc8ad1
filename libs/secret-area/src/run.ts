import type { Found } from './finds.ts';
import { guidBytes, type GuidWords, writeWords } from './guid.ts';
import { chunkBytes, headerBytes } from './layout.ts';
import type { AreaWriter } from './reader.ts';
import { chunks, readPiece } from './zeros.ts';

/** Entries that follow each other and are overwritten together. */
export type Run = readonly Found[];

/** An entry with more data than this ends its run, so that clearing GUIDs seldom writes data a second time. */
const joinedDataMax = 4096;

/** Splits entries, in table order, where one does not follow at once or is too large to be written twice. */
export function runsOf(entries: readonly Found[]): Run[] {
  const runs: Found[][] = [];
  let open: Found[] | undefined;
  for (const entry of entries) {
    const before = open?.at(-1);
    const joins =
      before?.offset === entry.offset - (before?.length ?? 0) &&
      before.length - headerBytes <= joinedDataMax;
    if (open && joins) open.push(entry);
    else runs.push((open = [entry]));
  }
  return runs;
}

/** Overwrites runs and reads them back, through two pieces of memory: new ones cost more than the writes. */
export class RunWriter {
  private readonly area: AreaWriter;
  private readonly composed: Uint8Array;
  private readonly readBack: Uint8Array;

  constructor(area: AreaWriter, runs: readonly Run[]) {
    const longest = runs.reduce((most, run) => Math.max(most, spanOf(run)), 0);
    this.area = area;
    this.composed = new Uint8Array(Math.min(longest, chunkBytes));
    this.readBack = new Uint8Array(this.composed.length);
  }

  /**
   * Zeros from the first entry's data to the last one's end; the headers in between are written as they are, so that a
   * torn write leaves each of their bytes what it was. A torn `writeGuids` leaves the lengths for the same reason.
   */
  writeData(run: Run): Promise<void> {
    const { dataOffset, end } = boundsOf(run);
    return this.write(run, { from: dataOffset, to: end, guidOf: guidNow });
  }

  /** Whether all that `writeData` wrote reads back so. */
  hasData(run: Run): Promise<boolean> {
    const { dataOffset, end } = boundsOf(run);
    return this.readsAs(run, { from: dataOffset, to: end, guidOf: guidNow });
  }

  /** Null GUIDs from the first entry's to the last one's; lengths as they are, and the GUIDs of those not in `cleared`. */
  writeGuids(run: Run, cleared: Cleared): Promise<void> {
    const { offset, lastGuidEnd } = boundsOf(run);
    const guidOf = (entry: Found) => (cleared.has(entry) ? nullWords : entry);
    return this.write(run, { from: offset, to: lastGuidEnd, guidOf });
  }

  /** Whether all that `writeGuids` wrote reads back as null GUIDs and zeros between the lengths. */
  hasNullGuids(run: Run): Promise<boolean> {
    const { offset, lastGuidEnd } = boundsOf(run);
    return this.readsAs(run, { from: offset, to: lastGuidEnd, guidOf: () => nullWords });
  }

  private async write(run: Run, { from, to, guidOf }: Part): Promise<void> {
    for (const [at, size] of chunks(from, to - from)) {
      await this.area.write(at, compose(this.composed.subarray(0, size), run, at, guidOf));
    }
  }

  private async readsAs(run: Run, { from, to, guidOf }: Part): Promise<boolean> {
    for (const [at, size] of chunks(from, to - from)) {
      const bytes = await readPiece(this.area, at, this.readBack.subarray(0, size));
      const expected = compose(this.composed.subarray(0, size), run, at, guidOf);
      if (Buffer.compare(bytes, expected) === 0) continue;
      // What was not overwritten is a secret: it must not stay in this process.
      bytes.fill(0);
      return false;
    }
    return true;
  }
}

interface Part {
  from: number;
  to: number;
  guidOf: GuidOf;
}

export type Cleared = ReadonlySet<Found>;

type GuidOf = (entry: Found) => GuidWords;

const nullWords: GuidWords = { w0: 0, w1: 0, w2: 0, w3: 0 };
const guidNow: GuidOf = (entry) => entry;

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
function compose(bytes: Uint8Array, run: Run, at: number, guidOf: GuidOf): Uint8Array {
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
