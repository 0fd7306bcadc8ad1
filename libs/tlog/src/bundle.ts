import { TlogError } from './error.ts';
import { tileWidthMax } from './tiles.ts';

/** C2SP tlog-tiles: the length before each entry is a uint16. */
export const entryBytesMax = 0xff_ff;
const lengthBytes = 2;

/** An entry bundle: each entry behind its big-endian length. */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length > tileWidthMax) throw new TlogError('entry-too-large');
  const bundle = Buffer.allocUnsafe(
    entries.reduce((length, entry) => length + lengthBytes + entry.length, 0),
  );
  let at = 0;
  for (const entry of entries) {
    if (entry.length > entryBytesMax) throw new TlogError('entry-too-large');
    at = bundle.writeUInt16BE(entry.length, at);
    bundle.set(entry, at);
    at += entry.length;
  }
  return bundle;
}

/** The entries of a bundle of a known width, as views of its bytes. */
export function decodeBundle(bundle: Uint8Array, width: number): Uint8Array[] {
  const entries: Uint8Array[] = [];
  eachEntry(bundle, width, (start, end) => entries.push(bundle.subarray(start, end)));
  return entries;
}

/** Calls `use` with where each entry of a bundle of a known width starts and ends. The bytes before `end` may be altered. */
export function eachEntry(
  bundle: Uint8Array,
  width: number,
  use: (start: number, end: number) => void,
): void {
  let [at, count] = [0, 0];
  while (at < bundle.length && count < width) {
    // A length cut in half reads as one past the end.
    const length = ((bundle[at] as number) << 8) | (bundle[at + 1] ?? 0);
    const start = at + lengthBytes;
    at = start + length;
    if (at > bundle.length) throw new TlogError('malformed-bundle');
    use(start, at);
    count += 1;
  }
  if (at !== bundle.length || count !== width) throw new TlogError('malformed-bundle');
}
