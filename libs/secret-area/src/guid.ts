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

/** The text form is written here and made a string at once: joining pieces is several times slower. */
const scratch = Buffer.alloc(36, '-');
const hexDigits = Buffer.from('0123456789abcdef');

/** Little-endian words read back as numbers, so the first three groups are their digits in order. */
export function guidText({ w0, w1, w2, w3 }: GuidWords): string {
  write16(0, w0 >>> 16);
  write16(4, w0);
  write16(9, w1);
  write16(14, w1 >>> 16);
  write16(19, swapped(w2));
  write16(24, swapped(w2 >>> 16));
  write16(28, swapped(w3));
  write16(32, swapped(w3 >>> 16));
  return scratch.toString('latin1');
}

function write16(at: number, value: number): void {
  scratch[at] = hexDigits[(value >>> 12) & 15]!;
  scratch[at + 1] = hexDigits[(value >>> 8) & 15]!;
  scratch[at + 2] = hexDigits[(value >>> 4) & 15]!;
  scratch[at + 3] = hexDigits[value & 15]!;
}

function swapped(word: number): number {
  return ((word & 0xff) << 8) | ((word >>> 8) & 0xff);
}

export function isSameGuid(one: GuidWords, other: GuidWords): boolean {
  return one.w0 === other.w0 && one.w1 === other.w1 && one.w2 === other.w2 && one.w3 === other.w3;
}

export function isNullGuid({ w0, w1, w2, w3 }: GuidWords): boolean {
  return (w0 | w1 | w2 | w3) === 0;
}
