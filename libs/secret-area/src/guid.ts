import { SecretAreaError } from './error.ts';

export const guidBytes = 16;

const textForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Where each byte of the text form lies in memory: EFI stores the first three groups little-endian and the rest as
 * written (UEFI, appendix A).
 */
const memoryOrder = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const;

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
  const text = new Uint8Array(guidBytes);
  for (const [from, to] of memoryOrder.entries()) text.set(bytes.subarray(from, from + 1), to);
  const digits = Array.from(text, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [0, 8, 12, 16, 20]
    .map((from, group) => digits.slice(from, [8, 12, 16, 20, 32][group]))
    .join('-');
}
