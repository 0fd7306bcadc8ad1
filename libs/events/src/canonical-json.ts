import { EventsError } from './error.ts';

/**
 * Serialises as RFC 8785 (JCS) says: one value, one text. Properties that are undefined are left out. Every entry goes
 * through here, so texts that need no escaping are quoted without a look at each character by `JSON.stringify`.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return canonicalNumber(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return Array.isArray(value) ? elements(value) : members(value as Record<string, unknown>);
}

/** RFC 8785 3.2.2.3: as ECMAScript writes it. */
function canonicalNumber(value: number): string {
  if (!Number.isFinite(value))
    throw new EventsError('not-canonical', 'RFC 8785 3.2.2.3: a number must be finite.');
  return String(value);
}

function elements(items: readonly unknown[]): string {
  let text = '[';
  for (const [index, item] of items.entries())
    text += `${index === 0 ? '' : ','}${item === undefined ? 'null' : canonicalJson(item)}`;
  return `${text}]`;
}

function members(object: Record<string, unknown>): string {
  let text = '{';
  for (const name of sorted(Object.keys(object))) {
    const value = object[name];
    if (value === undefined) continue;
    text += `${text === '{' ? '' : ','}${quotedName(name)}:${canonicalJson(value)}`;
  }
  return `${text}}`;
}

/** RFC 8785 3.2.3: by UTF-16 code units, which is how JavaScript compares strings. Objects have few names: insertion is fastest. */
function sorted(names: string[]): string[] {
  for (let at = 1; at < names.length; at += 1) {
    const name = names[at]!;
    let before = at - 1;
    while (before >= 0 && names[before]! > name) {
      names[before + 1] = names[before]!;
      before -= 1;
    }
    names[before + 1] = name;
  }
  return names;
}

/** Names are few and come again and again; a caller's own ones must not fill the memory. */
const knownNames = new Map<string, string>();
const knownNamesMax = 1000;

function quotedName(name: string): string {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  const text = quoted(name);
  if (knownNames.size < knownNamesMax) knownNames.set(name, text);
  return text;
}

/** Printable ASCII without quote and backslash. */
const needsNoEscape = /^[\u0020\u0021\u0023-\u005B\u005D-\u007E]*$/;

/** RFC 8785 3.2.2.2: a lone surrogate has no UTF-8 form, so it is an error. */
function quoted(text: string): string {
  if (needsNoEscape.test(text)) return `"${text}"`;
  const escaped = JSON.stringify(text);
  // JSON.stringify escapes what is lone, so only a text with such an escape needs the slower look.
  if (escaped.includes(String.raw`\ud`) && /\p{Surrogate}/u.test(text))
    throw new EventsError('not-canonical', 'RFC 8785 3.2.2.2: a lone surrogate.');
  return escaped;
}
