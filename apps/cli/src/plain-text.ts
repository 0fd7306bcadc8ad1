/** A name that somebody else chose, for a terminal: control characters would steer it. */
export function plainText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}\p{Surrogate}]/gu, '\ufffd');
}
