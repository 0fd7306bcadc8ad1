/*
 * What:      A file that holds the image of a secret area: header, then entries of GUID, length and data. A secret is a
 *            live entry, named by its GUID.
 * Read:      The agent reads the headers only, 20 bytes each, by position. Others read the whole image or any part of
 *            it; which entries they looked at cannot be told.
 * Wipe:      The entry's data is overwritten with zeros and synced, then its GUID; its length stays, or every later entry
 *            would be lost. The zeros are read back.
 * Traps:     One impossible length hides all that follows. A file of zeros is an area that nobody filled, no error. An
 *            image that is replaced by rename is another file: what was watched is not what is there.
 * Reference: Documentation/security/secrets/coco.rst; the layout is drawn in libs/secret-area/src/layout.ts.
 */
import type { BigIntStats } from 'node:fs';
import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';

import type { Capability, SecretRef, Source, WipeEvidence } from '@vestige/contract';
import {
  type AreaWriter,
  fileArea,
  parseTable,
  type SecretTable,
  wipeEntry,
  type WipeReport,
} from '@vestige/secret-area';

import { AgentError, causeOf, errnoOf } from '../agent-error.ts';
import { filesystemOf, isPersistent, overwriteCaveats } from './filesystem.ts';
import { findHolders, unnamedHolders } from './holders.ts';
import {
  alreadyGone,
  type Item,
  type Listing,
  itemsMax,
  type OwnAccess,
  type SecretSource,
  type WipeResult,
} from './secret-source.ts';

export function table(path: string): SecretSource {
  const source: Source = { kind: 'table', path };
  return {
    source,
    watchKind: 'file',
    fingerprint: () => fingerprint(path),
    list: (ownAccess) => list(source, ownAccess),
    wipe: (secret, ownAccess) => wipe(path, secret, ownAccess),
  };
}

async function fingerprint(path: string): Promise<string> {
  const stats = await stat(path, { bigint: true }).catch(() => null);
  return stats === null
    ? 'absent'
    : [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(':');
}

async function list(source: Source, ownAccess: OwnAccess): Promise<Listing> {
  const stats = await stat(source.path).catch(() => null);
  if (stats === null) return { ...nothing, condition: 'absent', detail: 'There is no such file.' };
  if (!stats.isFile())
    return { ...nothing, condition: 'absent', detail: 'This is not a regular file.' };
  const identity = `${stats.dev}:${stats.ino}`;
  const capabilities = await capabilitiesAt(source.path, stats.mode);
  try {
    const parsed = await ownAccess(() =>
      withImage(source.path, constants.O_RDONLY, (area) =>
        parseTable(area, { entriesMax: itemsMax }),
      ),
    );
    // What is behind the damage of a corrupt table is still there.
    const isComplete = (parsed.unreached?.length ?? 0) === 0;
    return { ...describe(source, parsed), capabilities, isComplete, identity };
  } catch (error) {
    const detail = `The image cannot be parsed: ${causeOf(error)}.`;
    return { ...nothing, condition: 'corrupt', detail, capabilities, isComplete: false, identity };
  }
}

const detailMax = 300;

const noTable = 'There is no secret table here: the header GUID is another one. ';

const always: Capability[] = [
  'per-item-wipe',
  'whole-source-wipe',
  'wipe-verifiable',
  'size-known-without-read',
];

const nothing = {
  capabilities: always,
  items: [],
  isComplete: true,
  identity: null,
} as const satisfies Partial<Listing>;

async function capabilitiesAt(path: string, mode: number): Promise<Capability[]> {
  const capabilities = [...always];
  if (isPersistent(await filesystemOf(path))) capabilities.push('persistent');
  if ((mode & 0o004) !== 0) capabilities.push('world-readable');
  return capabilities;
}

function describe(
  source: Source,
  parsed: SecretTable,
): Pick<Listing, 'condition' | 'detail' | 'items'> {
  const items = liveItems(source, parsed);
  const populated = items.length === 0 ? 'empty' : 'populated';
  const condition = parsed.state === 'corrupt' ? 'corrupt' : populated;
  const unfilled = parsed.state === 'unpopulated' ? noTable : '';
  const notable = parsed.diagnostics.filter(({ severity }) => severity !== 'note');
  const worst = notable.find(({ severity }) => severity === 'error') ?? notable[0];
  const more = notable.length > 1 ? ` (and ${notable.length - 1} more)` : '';
  const diagnosis = worst ? `Offset ${worst.offset}: ${worst.message}${more}.` : '';
  return { condition, detail: `${unfilled}${diagnosis}`.trim().slice(0, detailMax), items };
}

/** A GUID that occurs twice is one secret: an order for it wipes every such entry. */
function liveItems(source: Source, parsed: SecretTable): Item[] {
  const items = new Map<string, Item>();
  for (const { guid, state, dataLength, usage } of parsed.entries) {
    if (state === 'deleted' || items.has(guid)) continue;
    const secret = { source, name: guid, guid };
    items.set(guid, { secret, dataLength, usage: usage ?? null });
  }
  return [...items.values()];
}

async function wipe(path: string, secret: SecretRef, ownAccess: OwnAccess): Promise<WipeResult> {
  const startedAt = new Date().toISOString();
  try {
    const { report, image } = await ownAccess(() =>
      withImage(path, constants.O_RDWR, async (area, opened) => ({
        report: await wipeEntry(area, secret.name),
        image: opened,
      })),
    );
    if (report.outcome === 'already-gone')
      return alreadyGone('The table had no live entry of this GUID when the order came.');
    const after = await list(secret.source, ownAccess);
    const nameGone = !after.items.some((item) => item.secret.name === secret.name);
    return await conclude(path, report, { startedAt, nameGone, image });
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): WipeResult {
  if (errnoOf(error) === 'ENOENT') return alreadyGone('The image file is gone.');
  return { wiped: false, reason: 'io-error', detail: `The wipe stopped: ${causeOf(error)}.` };
}

interface Around {
  readonly startedAt: string;
  readonly nameGone: boolean;
  readonly image: BigIntStats;
}

async function conclude(
  path: string,
  report: WipeReport,
  { startedAt, nameGone, image }: Around,
): Promise<WipeResult> {
  const holders = await findHolders(basename(path), image);
  const verified = report.synced && report.readBackZero && nameGone;
  const evidence: WipeEvidence = {
    technique: 'table-zero',
    filesystem: await filesystemOf(path),
    bytesOverwritten: report.entries.reduce((sum, entry) => sum + entry.bytesOverwritten, 0),
    synced: report.synced,
    startedAt,
    completedAt: new Date().toISOString(),
    // A descriptor that is still open reads the zeros of the same file.
    verification: {
      nameGone,
      readBackZero: report.readBackZero,
      holders,
      result: verified ? 'pass' : 'fail',
    },
    caveats: [...caveats(report, await filesystemOf(path)), ...unnamedHolders(holders)],
  };
  if (verified) return { wiped: true, evidence };
  const detail = 'The entry is still listed, or did not read back as zeros.';
  return { wiped: false, reason: 'not-verified', detail };
}

function caveats(report: WipeReport, filesystem: string): string[] {
  const told = ['Copies that readers took are not reached.', ...overwriteCaveats(filesystem)];
  if (report.unreachedBytes > 0)
    told.push(
      `The table is corrupt: ${report.unreachedBytes} bytes behind the damage were not looked at.`,
    );
  return told;
}

async function withImage<T>(
  path: string,
  access: number,
  use: (area: AreaWriter, image: BigIntStats) => Promise<T>,
): Promise<T> {
  const file = await open(path, access | constants.O_NONBLOCK);
  try {
    const image = await file.stat({ bigint: true });
    if (!image.isFile()) throw new AgentError('state', 'it is no regular file');
    return await use(await fileArea(file), image);
  } finally {
    await file.close();
  }
}
