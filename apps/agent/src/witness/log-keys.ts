import { type LogKey, noteVerifier, parseNote, TlogError } from '@vestige/tlog';

import { AgentError } from '../agent-error.ts';
import { isSigned } from './judge.ts';

/** Keys that are kept: a log that rotates its key every year fills them in a working life. */
export const logKeysMax = 16;
const listingLinesMax = 64;
const keyCharactersMax = 300;

/** The verifier key as `--log-key` gives it; refuses what no checkpoint could be signed by. */
export function parsePin(text: string): string {
  const key = text.trim();
  if (isLogKey(key)) return key;
  throw new AgentError(
    'usage',
    '--log-key: not a verifier key of a log: name+id+key, as `vestige log key` shows it',
  );
}

/** The keys in the service's listing, the current one first. Lines of kinds that are not known here mean nothing. */
export function parseListing(text: string): string[] {
  return text.split('\n', listingLinesMax).filter(isLogKey);
}

export function isLogKey(text: string): boolean {
  try {
    return text.length <= keyCharactersMax && noteVerifier(text).keyId >= 0;
  } catch (error) {
    if (error instanceof TlogError) return false;
    throw error;
  }
}

export function verifiersOf(keys: readonly string[]): LogKey[] {
  return keys.map(noteVerifier);
}

export function nameOf(key: string): string {
  return noteVerifier(key).name;
}

/** Whether a name that is known signed this note by a key that is not: the log rotates its keys. */
export function hasUnknownKey(note: string, keys: readonly string[]): boolean {
  const known = verifiersOf(keys);
  return parseNote(note).signatures.some(
    (line) =>
      known.some(({ name }) => name === line.name) &&
      !known.some(({ name, keyId }) => name === line.name && keyId === line.keyId),
  );
}

/** The listed keys that are not known yet and whose own signature is under this note. */
export function signersAmong(
  listed: readonly string[],
  note: string,
  origin: string,
  known: readonly string[],
): string[] {
  return listed.filter(
    (key) => !known.includes(key) && isSigned(note, origin, [noteVerifier(key)]),
  );
}

/** Bounded: the first key, which is the pinned one if any is, and the newest. */
export function withKeys(known: readonly string[], more: readonly string[]): string[] {
  const [first, ...rest] = [...new Set([...known, ...more])];
  return first === undefined ? [] : [first, ...rest.slice(-(logKeysMax - 1))];
}
