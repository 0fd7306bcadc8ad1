const alphabet = /^[A-Za-z0-9+/]*={0,2}$/;

/** Decodes RFC 4648 section 4 and nothing looser; null where `Buffer.from` would have guessed. */
export function decodeBase64(text: string): Uint8Array | null {
  if (!alphabet.test(text)) return null;
  const bytes = Buffer.from(text, 'base64');
  // One value has one spelling, or a note could be altered and still verify.
  return bytes.toString('base64') === text ? bytes : null;
}

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
