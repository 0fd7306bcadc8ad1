import { SecretAreaError } from './error.ts';

export const guidBytes = 16;

const textForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Where each byte of the text form lies in memory: EFI stores the first three groups little-endian and the rest as
 * written (UEFI, appendix A).
 */
const memoryOrder = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const;

/** A GUID as it lies in memory, in four little-endian words: compared and hashed without making text of it. */
export interface GuidWords {
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
}

/** Gives the lower-case text form, as Linux names its files; throws on anything that is no GUID. */
export function normaliseGuid(text: string): string {
  const lower = text.toLowerCase();
  if (!textForm.test(lower)) throw new SecretAreaError('malformed-guid', 0);
  return lower;
}

export function encodeGuid(text: string): Uint8Array {
  const digits = normaliseGuid(text).replaceAll('-', '');
  return Uint8Array.from(memoryOrder, (at) =>
    Number.parseInt(digits.slice(at * 2, at * 2 + 2), 16),
  );
}

/** Takes exactly `guidBytes` bytes. */
export function decodeGuid(bytes: Uint8Array): string {
  return guidText(wordsAt(new DataView(bytes.buffer, bytes.byteOffset, guidBytes), 0));
}

/** The words of a GUID in text. */
export function wordsOf(text: string): GuidWords {
  const bytes = encodeGuid(text);
  return wordsAt(new DataView(bytes.buffer), 0);
}

export function writeWords(view: DataView, at: number, { w0, w1, w2, w3 }: GuidWords): void {
  view.setInt32(at, w0, true);
  view.setInt32(at + 4, w1, true);
  view.setInt32(at + 8, w2, true);
  view.setInt32(at + 12, w3, true);
}

export function wordsAt(view: DataView, at: number): GuidWords {
  return {
    w0: view.getInt32(at, true),
    w1: view.getInt32(at + 4, true),
    w2: view.getInt32(at + 8, true),
    w3: view.getInt32(at + 12, true),
  };
}

const textLength = 36;
/** So many text forms are written here and made one string: making each on its own costs twice as much. */
const textsAtOnce = 64;
const scratch = Buffer.alloc(textLength * textsAtOnce, '-');
const scratchView = new DataView(scratch.buffer, scratch.byteOffset, scratch.length);
/** The two digits of each byte, as they lie in memory. */
const hexPairs = Uint16Array.from({ length: 256 }, (_, byte) =>
  Buffer.from(byte.toString(16).padStart(2, '0')).readUInt16LE(),
);

export function guidText(guid: GuidWords): string {
  writeText(0, guid);
  return scratch.toString('latin1', 0, textLength);
}

export function guidTexts(guids: readonly GuidWords[]): string[] {
  const texts: string[] = [];
  for (let from = 0; from < guids.length; from += textsAtOnce) {
    const count = Math.min(textsAtOnce, guids.length - from);
    for (let n = 0; n < count; n += 1) writeText(n * textLength, guids[from + n]!);
    const joined = scratch.toString('latin1', 0, count * textLength);
    for (let n = 0; n < count; n += 1)
      texts.push(joined.slice(n * textLength, (n + 1) * textLength));
  }
  return texts;
}

/** Little-endian words read back as numbers, so the first three groups are their digits in order. */
function writeText(at: number, { w0, w1, w2, w3 }: GuidWords): void {
  writePair(at, w0 >>> 24);
  writePair(at + 2, w0 >>> 16);
  writePair(at + 4, w0 >>> 8);
  writePair(at + 6, w0);
  writePair(at + 9, w1 >>> 8);
  writePair(at + 11, w1);
  writePair(at + 14, w1 >>> 24);
  writePair(at + 16, w1 >>> 16);
  writePair(at + 19, w2);
  writePair(at + 21, w2 >>> 8);
  writePair(at + 24, w2 >>> 16);
  writePair(at + 26, w2 >>> 24);
  writePair(at + 28, w3);
  writePair(at + 30, w3 >>> 8);
  writePair(at + 32, w3 >>> 16);
  writePair(at + 34, w3 >>> 24);
}

function writePair(at: number, byte: number): void {
  scratchView.setUint16(at, hexPairs[byte & 0xff]!, true);
}

export function isSameGuid(one: GuidWords, other: GuidWords): boolean {
  return one.w0 === other.w0 && one.w1 === other.w1 && one.w2 === other.w2 && one.w3 === other.w3;
}

export function isNullGuid({ w0, w1, w2, w3 }: GuidWords): boolean {
  return (w0 | w1 | w2 | w3) === 0;
}
