import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';

import {
  generateKeyPair,
  type LogKey,
  noteSigner,
  noteVerifier,
  type Signer,
  verifierKeyOf,
} from '@vestige/tlog';
import { z } from 'zod';

import { writeDurable } from '../durable-file.ts';

/** The keys of a log that can be had, or what is wrong with them, in words that tell what to do. */
export class SigningKeysError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SigningKeysError';
  }
}

const keysMax = 8;
const retiredMax = 100;

const KeyFile = z.strictObject({
  keys: z
    .array(
      z.strictObject({
        /** C2SP signed-note's signer key, as Go's sumdb/note writes it. */
        signer: z.string().max(400),
        /** When it signs no more; null for the current key. */
        until: z.iso.datetime().nullable(),
      }),
    )
    .min(1)
    .max(keysMax),
  /** Verifier keys of those before, whose private part is gone: they tell which log this is. */
  retired: z.array(z.string().max(400)).max(retiredMax).default([]),
});
type KeyFile = z.infer<typeof KeyFile>;

/** The keys that sign the log's checkpoints: the current one first, then those whose time is running out. */
export class SigningKeys {
  readonly origin: string;
  readonly #keys: readonly { key: string; signer: Signer; until: number }[];
  readonly #retired: readonly string[];

  constructor({ keys, retired }: KeyFile) {
    this.#retired = retired;
    this.#keys = keys.map(({ signer, until }) => ({
      key: verifierKeyOf(signer, 'ed25519'),
      signer: noteSigner(signer),
      until: until === null ? Infinity : Date.parse(until),
    }));
    this.origin = this.#keys[0]?.signer.name ?? '';
    if (this.#keys.some(({ signer }) => signer.name !== this.origin))
      throw new SigningKeysError('The keys belong to different logs.');
  }

  /** The keys in a file; null where there is no file. */
  static read(path: string): SigningKeys | null {
    if (!existsSync(path)) return null;
    return new SigningKeys(readFile(path));
  }

  /** Makes a first key for a new log, which is named after where people reach the service. */
  static create(path: string, host: string): SigningKeys {
    return SigningKeys.createFor(path, `${host}/log-${randomBytes(4).toString('hex')}`);
  }

  /** Makes a first key for a log that has its name already. */
  static createFor(path: string, origin: string): SigningKeys {
    return save(path, {
      keys: [{ signer: generateKeyPair(origin).signerKey, until: null }],
      retired: [],
    });
  }

  /** Puts a new key first; those before it go on signing beside it for so long, so that whoever knows them learns the new one. */
  static rotate(path: string, overlapMs: number): SigningKeys {
    const now = Date.now();
    const end = new Date(now + overlapMs).toISOString();
    const file = readFile(path);
    const { origin } = new SigningKeys(file);
    const before = file.keys.map(({ signer, until }) => ({
      signer,
      until: until !== null && until < end ? until : end,
    }));
    // More than fit go before their time: what counts is that the file knows them.
    const going = before.filter(({ until }) => Date.parse(until) > now).slice(0, keysMax - 1);
    const gone = before.filter((key) => !going.includes(key));
    return save(path, {
      keys: [{ signer: generateKeyPair(origin).signerKey, until: null }, ...going],
      retired: [
        ...gone.map(({ signer }) => verifierKeyOf(signer, 'ed25519')),
        ...file.retired,
      ].slice(0, retiredMax),
    });
  }

  /** Whether one of these verifier keys is, or was, one of its own. */
  includesAny(verifierKeys: readonly string[]): boolean {
    const own = new Set([...this.#keys.map(({ key }) => key), ...this.#retired]);
    return verifierKeys.some((key) => own.has(key));
  }

  /** Those that sign now. */
  signers(now = Date.now()): Signer[] {
    return this.#keys.filter(({ until }) => until > now).map(({ signer }) => signer);
  }

  /** What those that sign now are verified by. */
  verifierKeys(now = Date.now()): string[] {
    return this.#keys.filter(({ until }) => until > now).map(({ key }) => key);
  }
}

/** Reads verifier keys as the log's events have them. */
export function logKeysOf(verifierKeys: readonly string[]): LogKey[] {
  return verifierKeys.map((key) => noteVerifier(key));
}

function readFile(path: string): KeyFile {
  try {
    return KeyFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause) throw cause;
    throw new SigningKeysError(
      `${path} does not hold the log's signing keys. Put it back from where it was saved.`,
    );
  }
}

function save(path: string, file: KeyFile): SigningKeys {
  const keys = new SigningKeys(file);
  writeDurable(path, `${JSON.stringify(file, null, 2)}\n`);
  return keys;
}
