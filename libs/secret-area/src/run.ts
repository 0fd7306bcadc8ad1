import { guidBytes, type GuidWords, writeWords } from './guid.ts';
import { headerBytes } from './layout.ts';
import type { AreaWriter } from './reader.ts';
import type { Found } from './walk.ts';
import { chunks, readPiece, zeros } from './zeros.ts';

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

/** Zeros from the first entry's data to the last one's end; the headers in between are written as they are. */
export async function writeData(area: AreaWriter, run: Run): Promise<void> {
  const { dataOffset, end } = boundsOf(run);
  for (const [at, size] of chunks(dataOffset, end - dataOffset)) {
    await area.write(at, piece(run, at, size, guidNow));
  }
}

/** Null GUIDs from the first entry's to the last one's; lengths as they are, and the GUIDs of those not in `cleared`. */
export async function writeGuids(area: AreaWriter, run: Run, cleared: Cleared): Promise<void> {
  const { offset, last } = boundsOf(run);
  const guidOf = (entry: Found) => (cleared.has(entry) ? nullWords : entry);
  for (const [at, size] of chunks(offset, last.offset + guidBytes - offset)) {
    await area.write(at, piece(run, at, size, guidOf));
  }
}

export type Cleared = ReadonlySet<Found>;

/** Whether all that `writeData` wrote reads back so. */
export function hasData(area: AreaWriter, run: Run): Promise<boolean> {
  const { dataOffset, end } = boundsOf(run);
  return readsAs(area, run, { from: dataOffset, to: end, guidOf: guidNow });
}

/** Whether all that `writeGuids` wrote reads back as null GUIDs and zeros between the lengths. */
export function hasNullGuids(area: AreaWriter, run: Run): Promise<boolean> {
  const { offset, last } = boundsOf(run);
  return readsAs(area, run, { from: offset, to: last.offset + guidBytes, guidOf: () => nullWords });
}

interface Expected {
  from: number;
  to: number;
  guidOf: GuidOf;
}

async function readsAs(
  area: AreaWriter,
  run: Run,
  { from, to, guidOf }: Expected,
): Promise<boolean> {
  for (const [at, size] of chunks(from, to - from)) {
    const bytes = await readPiece(area, at, size);
    if (Buffer.compare(bytes, piece(run, at, size, guidOf)) === 0) continue;
    // What was not overwritten is a secret: it must not stay in this process.
    bytes.fill(0);
    return false;
  }
  return true;
}

type GuidOf = (entry: Found) => GuidWords;

const nullWords: GuidWords = { w0: 0, w1: 0, w2: 0, w3: 0 };
const guidNow: GuidOf = (entry) => entry;

function boundsOf(run: Run) {
  const first = run[0]!;
  const last = run.at(-1)!;
  const { offset } = first;
  return { offset, dataOffset: offset + headerBytes, last, end: last.offset + last.length };
}

/** The part of a run that lies in `size` bytes at `at`: zeros, and headers over them. */
function piece(run: Run, at: number, size: number, guidOf: GuidOf): Uint8Array {
  const last = run.at(-1)!;
  if (at >= last.offset + headerBytes) return zeros.subarray(0, size);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
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
