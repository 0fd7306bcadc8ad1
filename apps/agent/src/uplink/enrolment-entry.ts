/*
 * What:      One entry of the secret area, GUID ca52112c-90eb-413b-9a70-4dc67d603d55, in which a guest owner gives the guest
 *            its enrolment: JSON `{ "api", "token", "logKey"? }`.
 * Read:      By the agent, once, where the guest is not enrolled: the only secret that it ever opens. Into one buffer of
 *            bounded size, by synchronous reads, which leave no further copy; the buffer is zeroed. The journal has the
 *            read before it happens.
 * Wipe:      When the guest is enrolled and its identity is on disk, like any other secret, with evidence. Where the guest
 *            was enrolled before, it is wiped unread.
 * Traps:     JSON and HTTP need the token as text, and a JavaScript engine promises nothing of where it copies a text or
 *            when it frees it: the token is held no longer than the enrolment takes, and it can be used once. The words of
 *            a JSON error quote what was parsed, so they are told nobody.
 * Reference: libs/secret-area/src/known-guids.ts.
 */
import { constants, closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

import { filledLine, type SecretRef } from '@vestige/contract';
import { fileArea, parseTable } from '@vestige/secret-area';
import { z } from 'zod';

import { AgentError } from '../agent-error.ts';
import type { LocalWipes } from '../commands/local-wipes.ts';
import type { BootLedger } from '../ledger/boot-ledger.ts';
import type { Log } from '../log.ts';
import { identify } from '../observe/identify.ts';
import type { Records } from '../records.ts';
import type { Discovery } from '../source/discovery.ts';
import { itemsMax, sourceKey } from '../source/secret-source.ts';
import { parsePin } from '../witness/log-keys.ts';
import { parseApiUrl } from './api-url.ts';

export const enrolmentGuid = 'ca52112c-90eb-413b-9a70-4dc67d603d55';

const entryBytesMax = 4096;

const Entry = z.strictObject({
  api: filledLine(300),
  token: filledLine(200),
  logKey: filledLine(300).optional(),
});

/** What it takes to enrol. */
export interface Grant {
  readonly api: string;
  readonly token: string;
  /** The verifier key of the service's log; null to trust the first that it lists. */
  readonly logKey: string | null;
}

export interface EnrolmentEntryOptions {
  readonly allowHttp: boolean;
  /** What somebody gave on the command line, which the entry must not contradict; null where nobody did. */
  readonly api: string | null;
  readonly logKey: string | null;
  readonly records: Pick<Records, 'record'>;
  readonly ledger: Pick<BootLedger, 'read'>;
  readonly discovery: Pick<Discovery, 'ownAccess'>;
  readonly wipes: Pick<LocalWipes, 'wipe'>;
  readonly log: Log;
}

/** The enrolment entry as the sources last listed it. All is to be called in turn with whatever else lists and wipes. */
export class EnrolmentEntry {
  readonly #options: EnrolmentEntryOptions;
  #isWipeTried = false;

  constructor(options: EnrolmentEntryOptions) {
    this.#options = options;
  }

  /** Null where no source lists the entry. Throws where what it holds is no enrolment; it is not read again then. */
  async read(): Promise<Grant | null> {
    const { records, discovery } = this.#options;
    const secret = this.#find();
    if (secret === undefined) return null;
    const reader = identify(process.pid);
    // By its own word: no interface of the kernel reports it.
    await records.record('secret.read', { secret, reader, method: 'none', extent: 'item' });
    const ownAccess = discovery.ownAccess(sourceKey(secret.source));
    return ownAccess(async () => parseGrant(await readOnce(secret), this.#options));
  }

  /** Wipes the entry where there is one. What cannot be wiped is told, and tried again when it comes back. */
  async wipe(): Promise<void> {
    const { wipes, log } = this.#options;
    const secret = this.#find();
    if (secret === undefined) this.#isWipeTried = false;
    if (secret === undefined || this.#isWipeTried) return;
    this.#isWipeTried = true;
    const { result } = await wipes.wipe(secret);
    this.#isWipeTried = !result.wiped;
    const isVerified = result.wiped && result.evidence.verification.result === 'pass';
    log(`the enrolment entry is ${isVerified ? 'wiped' : 'not certainly gone: wipe it by hand'}`);
  }

  #find(): SecretRef | undefined {
    const known = [...this.#options.ledger.read().secrets.values()];
    return known.find(
      ({ isPresent, secret: { guid, source } }) =>
        isPresent && guid === enrolmentGuid && ['efi-secret', 'table'].includes(source.kind),
    )?.secret;
  }
}

type Expected = Pick<EnrolmentEntryOptions, 'allowHttp' | 'api' | 'logKey'>;

/** Leaves no copy behind but the text's own. */
function parseGrant(bytes: Buffer, expected: Expected): Grant {
  const entry = Entry.safeParse(parseJson(bytes));
  if (!entry.success)
    throw bad('it is not a JSON object of "api", "token" and, if at all, "logKey"');
  const { token } = entry.data;
  const api = parseApiUrl(entry.data.api, expected.allowHttp);
  if (expected.api !== null && expected.api !== api)
    throw bad(`it is for ${api}, and --api names ${expected.api}`);
  const logKey = entry.data.logKey === undefined ? null : parsePin(entry.data.logKey);
  if (expected.logKey !== null && logKey !== null && expected.logKey !== logKey)
    throw bad('its key of the log is not the one of --log-key');
  return { api, token, logKey: logKey ?? expected.logKey };
}

/** Zeroes the bytes; null where they are no JSON. */
function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  } finally {
    bytes.fill(0);
  }
}

function bad(reason: string): AgentError {
  return new AgentError('state', `The enrolment entry cannot be used: ${reason}.`);
}

async function readOnce({ source, name }: SecretRef): Promise<Buffer> {
  return source.kind === 'table' ? readFromTable(source.path) : readFile(join(source.path, name));
}

/** On securityfs st_size is 0, so it is read until its end. */
function readFile(path: string): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!fstatSync(fd).isFile()) throw bad('it is no regular file');
    return readAt(fd, entryBytesMax + 1, null);
  } finally {
    closeSync(fd);
  }
}

async function readFromTable(path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { entries } = await parseTable(await fileArea(file), { entriesMax: itemsMax });
    const entry = entries.find(({ guid, state }) => guid === enrolmentGuid && state === 'live');
    if (entry === undefined) throw bad('the table has no such entry any more');
    return readAt(file.fd, Math.min(entry.dataLength, entryBytesMax + 1), entry.dataOffset);
  } finally {
    await file.close();
  }
}

/** One buffer of its own, never of Node's pool; zeroed where it does not leave here. */
function readAt(fd: number, bytesMax: number, position: number | null): Buffer {
  const buffer = Buffer.alloc(bytesMax);
  try {
    let length = 0;
    for (;;) {
      const at = position === null ? null : position + length;
      const bytes = length < bytesMax ? readSync(fd, buffer, length, bytesMax - length, at) : 0;
      if (bytes === 0) break;
      length += bytes;
    }
    if (length > entryBytesMax) throw bad(`it is longer than ${entryBytesMax} bytes`);
    return buffer.subarray(0, length);
  } catch (error) {
    buffer.fill(0);
    throw error;
  }
}
