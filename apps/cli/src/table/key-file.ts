import { SecretAreaError } from '@vestige/secret-area';

import type { Terminal } from '../terminal.ts';
import { readBytes } from './image.ts';

const keyBytes = 16;
const keyFileBytesMax = 64;

/** A transport key from a file of 16 bytes, or of their base64; the caller fills it with zeros. */
export async function readKey(file: string, terminal: Terminal): Promise<Uint8Array> {
  const bytes = await readBytes(file, keyFileBytesMax, terminal);
  if (bytes.length === keyBytes) return bytes;
  const decoded = decodeBase64(bytes);
  bytes.fill(0);
  if (decoded?.length === keyBytes) return decoded;
  decoded?.fill(0);
  throw new SecretAreaError('malformed-key', 0, 'as they are or in base64');
}

const measureFileBytesMax = 128;

/** The launch measure in base64, as QEMU and libvirt give it, or a file of its bytes or of their base64. */
export async function readMeasure(text: string, terminal: Terminal): Promise<Uint8Array> {
  const given = decodeBase64(Buffer.from(text));
  if (given && isMeasure(given)) return given;
  const bytes = await readBytes(text, measureFileBytesMax, terminal);
  const measure = isMeasure(bytes) ? bytes : decodeBase64(bytes);
  if (measure && isMeasure(measure)) return measure;
  throw new SecretAreaError('malformed-measure', 0, 'as they are or in base64');
}

function isMeasure({ length }: Uint8Array): boolean {
  return length === 32 || length === 48;
}

/** Decoded by hand, because a string of a key could not be zeroed. */
function decodeBase64(text: Uint8Array): Uint8Array | null {
  const digits = withoutEnd(text);
  if (text.length === 0 || digits.length % 4 === 1) return null;
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const digit of digits) {
    const value = alphabet.indexOf(digit);
    if (value === -1) return null;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes[at] = (bits >>> held) & 0xff;
    at += 1;
  }
  return bytes;
}

const alphabet = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');

/** Up to two `=`, and the line end that editors add. */
function withoutEnd(text: Uint8Array): Uint8Array {
  let end = text.length;
  while (end > 0 && [0x0a, 0x0d, 0x3d].includes(text[end - 1]!)) end -= 1;
  return text.subarray(0, end);
}
