import { logKey } from '@vestige/contract';
import {
  type Checkpoint,
  type KeyName,
  type LogKey,
  noteVerifier,
  openCheckpoint,
  parseCheckpoint,
  parseNote,
  TlogError,
  verifyNote,
} from '@vestige/tlog';
import type { Command } from 'commander';

import { UsageError } from '../exit-code.ts';
import type { Service } from '../service.ts';
import { collect } from '../table/collect.ts';
import { warn } from '../table/warning.ts';
import type { Terminal } from '../terminal.ts';
import { readSmallFile } from './files.ts';

/** A checkpoint that the log signed, with the note that shows it and the keys that it is signed by. */
export interface SignedCheckpoint extends Checkpoint {
  readonly note: string;
  readonly signedBy: readonly KeyName[];
}

/** C2SP tlog-checkpoint sets no limit; this one has room for sixteen signatures of any kind that is in use. */
export const noteBytesMax = 4096;
const keyFileBytesMax = 16_384;
const unknownOrigin = {
  code: 'origin-unchecked',
  message:
    'warning: without --key this shows that the log is consistent with itself, not whose log it is',
};

export function withKeys(command: Command): Command {
  return command.option(
    '--key <key|file>',
    "the log's verifier key, or a file of them, one a line; may be said several times",
    collect,
  );
}

/** The keys that were given on the command line. */
export async function readKeys(given: readonly string[]): Promise<LogKey[]> {
  const keys: LogKey[] = [];
  for (const text of given) {
    for (const line of await keyLines(text)) keys.push(asUsage(line));
  }
  return keys;
}

/** The keys that were given or, with a warning, those that the service itself names. */
export async function keysFor(
  given: readonly string[] | undefined,
  service: Service,
  isJson: boolean,
  terminal: Terminal,
): Promise<LogKey[]> {
  if (given !== undefined) return readKeys(given);
  warn(unknownOrigin, isJson, terminal);
  return (await serviceKeys(service)).map(noteVerifier);
}

/** The service's verifier keys, the current one first. */
export async function serviceKeys(service: Service): Promise<string[]> {
  const text = await service.ask(logKey, {});
  const lines = text.split('\n').filter((line) => line !== '');
  // What is no key must not reach a screen, whose controls it may hold.
  for (const line of lines) noteVerifier(line);
  return lines;
}

/** The checkpoint in a note if it is signed by one of these keys, and they are those of the log that it names. */
export function openSigned(note: string, keys: readonly LogKey[]): SignedCheckpoint {
  const { origin } = parseCheckpoint(parseNote(note).text);
  // C2SP tlog-checkpoint: the origin is the key's name. A key of another log says nothing about this one.
  const own = keys.filter(({ name }) => name === origin);
  if (own.length === 0) throw new TlogError('wrong-origin', `no key has the name ${origin}`);
  const { signatures } = verifyNote(note, own);
  const signedBy = signatures.map(({ name, keyId }) => ({ name, keyId }));
  return { ...openCheckpoint(note, origin, own), note, signedBy };
}

/** An earlier checkpoint, from a file. */
export async function readSigned(file: string, keys: readonly LogKey[]): Promise<SignedCheckpoint> {
  return openSigned(await readSmallFile(file, noteBytesMax), keys);
}

/** `name (0123abcd)` for people. */
export function keyText({ name, keyId }: KeyName): string {
  return `${name} (${keyIdText(keyId)})`;
}

export function keyIdText(keyId: number): string {
  return keyId.toString(16).padStart(8, '0');
}

async function keyLines(text: string): Promise<string[]> {
  if (/^[^\s+]+\+[0-9a-f]{8}\+/.test(text)) return [text];
  const lines = (await readSmallFile(text, keyFileBytesMax)).split(/\r?\n/);
  const keys = lines.filter((line) => line !== '');
  if (keys.length === 0) throw new UsageError(`${text} holds no key`);
  return keys;
}

/** What was typed is wrong, not what is to be verified. */
function asUsage(line: string): LogKey {
  try {
    return noteVerifier(line);
  } catch (error) {
    if (error instanceof TlogError) throw new UsageError(`--key: ${error.message}`);
    throw error;
  }
}
