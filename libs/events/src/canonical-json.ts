import { EventsError } from './error.ts';

/** Serialises as RFC 8785 (JCS) says: one value, one text. Properties that are undefined are left out. */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return wellFormed(value);
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new EventsError('not-canonical', 'RFC 8785 3.2.2.3: a number must be finite.');
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  return `{${members(value as Record<string, unknown>).join(',')}}`;
}

/** RFC 8785 3.2.3: sorted by UTF-16 code units, which is how JavaScript compares strings. */
function members(object: Record<string, unknown>): string[] {
  return Object.keys(object)
    .filter((key) => object[key] !== undefined)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((key) => `${wellFormed(key)}:${canonicalJson(object[key])}`);
}

/** RFC 8785 3.2.2.2: a lone surrogate has no UTF-8 form, so it is an error. */
function wellFormed(text: string): string {
  const quoted = JSON.stringify(text);
  // JSON.stringify escapes what is lone, so only a text with such an escape needs the slower look.
  if (quoted.includes(String.raw`\ud`) && /\p{Surrogate}/u.test(text))
    throw new EventsError('not-canonical', 'RFC 8785 3.2.2.2: a lone surrogate.');
  return quoted;
}
