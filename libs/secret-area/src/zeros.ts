import { chunkBytes } from './layout.ts';
import type { AreaReader } from './reader.ts';

/** Takes a byte at least. Each is compared with the one before it, as memory: a loop is many times slower. */
export function isAllZero(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && Buffer.compare(bytes.subarray(1), bytes.subarray(0, -1)) === 0;
}

/** Reads a range in pieces and gives the offset of the first piece's first byte that is not zero, -1 for none. */
export async function firstNotZero(
  area: AreaReader,
  offset: number,
  length: number,
): Promise<number> {
  const own = new Uint8Array(Math.min(length, chunkBytes));
  for (const [at, size] of chunks(offset, length)) {
    const bytes = await readPiece(area, at, own.subarray(0, size));
    if (isAllZero(bytes)) continue;
    const where = at + bytes.findIndex((byte) => byte !== 0);
    // What is not zero is a secret: it must not stay in this process.
    bytes.fill(0);
    return where;
  }
  return -1;
}

/** Takes `own` where the area can fill memory that it is given; gives what now has the bytes. */
export async function readPiece(
  area: AreaReader,
  offset: number,
  own: Uint8Array,
): Promise<Uint8Array> {
  if (fillNow(area, offset, own)) return own;
  if (!area.readInto) return area.read(offset, own.length);
  await area.readInto(offset, own);
  return own;
}

/** Fills `own` without a promise; false where the area cannot. */
export function fillNow(area: AreaReader, offset: number, own: Uint8Array): boolean {
  if (!area.readNow) return area.readCached?.(offset, own) ?? false;
  area.readNow(offset, own);
  return true;
}

export function* chunks(offset: number, length: number): Generator<[offset: number, size: number]> {
  for (let done = 0; done < length; done += chunkBytes) {
    yield [offset + done, Math.min(chunkBytes, length - done)];
  }
}
