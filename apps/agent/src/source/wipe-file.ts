import type { BigIntStats, Stats } from 'node:fs';
import { lstat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { WipeEvidence } from '@vestige/contract';

import { causeOf, errnoOf } from '../agent-error.ts';
import { syncDirectory } from '../durable-file.ts';
import { type FilesystemOf, overwriteCaveats } from './filesystem.ts';
import { findHolders, unnamedHolders } from './holders.ts';
import { FileReplacedError, overwriteFile } from './overwrite-file.ts';
import { alreadyGone, type OwnAccess, refused, type WipeResult } from './secret-source.ts';

/** Wipes one file of a directory of secrets, by the technique that its filesystem calls for. */
export async function wipeFile(
  path: string,
  filesystemOf: FilesystemOf,
  ownAccess: OwnAccess,
): Promise<WipeResult> {
  try {
    const stats = await lstat(path);
    if (!stats.isFile()) return refused('What has this name is not a regular file.');
    const filesystem = await filesystemOf(path);
    return filesystem === 'securityfs'
      ? await unlinkFromSecurityfs(path)
      : await overwriteAndUnlink(path, stats, filesystem, ownAccess);
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): WipeResult {
  if (errnoOf(error) === 'ENOENT')
    return alreadyGone('There was no file of this name when the order came.');
  if (error instanceof FileReplacedError)
    return { wiped: false, reason: 'not-verified', detail: `Not unlinked: ${error.message}.` };
  return { wiped: false, reason: 'io-error', detail: `The wipe stopped: ${causeOf(error)}.` };
}

async function unlinkFromSecurityfs(path: string): Promise<WipeResult> {
  const startedAt = new Date().toISOString();
  const file = await lstat(path, { bigint: true });
  await unlink(path);
  const verification = await verifyGone(path, file);
  const caveats = [
    'Copies that readers took, and pages that they freed, are not reached.',
    ...unnamedHolders(verification.holders),
  ];
  if (verification.holders !== null && verification.holders.length > 0)
    caveats.push('A descriptor that was partly read before still gives the rest of the secret.');
  return conclude({
    technique: 'securityfs-unlink',
    filesystem: 'securityfs',
    bytesOverwritten: null,
    synced: true,
    startedAt,
    completedAt: new Date().toISOString(),
    verification: { ...verification, readBackZero: null, result: judge(verification) },
    caveats,
  });
}

async function overwriteAndUnlink(
  path: string,
  stats: Stats,
  filesystem: string,
  ownAccess: OwnAccess,
): Promise<WipeResult> {
  const startedAt = new Date().toISOString();
  const file = await lstat(path, { bigint: true });
  const { bytes, readBackZero } = await overwriteFile(path, stats, ownAccess);
  if (!readBackZero)
    return notVerified('The file did not read back as zeros: it was not unlinked.');
  await unlink(path);
  await syncDirectory(dirname(path));
  const gone = await verifyGone(path, file);
  return conclude({
    technique: 'overwrite-unlink',
    filesystem,
    bytesOverwritten: bytes,
    synced: true,
    startedAt,
    completedAt: new Date().toISOString(),
    // A descriptor that is still open reads the zeros of the same file.
    verification: { ...gone, readBackZero, result: gone.nameGone ? 'pass' : 'fail' },
    caveats: plainCaveats(stats, filesystem, gone),
  });
}

function plainCaveats(stats: Stats, filesystem: string, { holders }: Gone): string[] {
  const caveats = ['Copies that readers took are not reached.', ...overwriteCaveats(filesystem)];
  caveats.push(...unnamedHolders(holders));
  if (stats.nlink > 1) caveats.push('The file has further names; they now lead to the same zeros.');
  if (holders !== null && holders.length > 0)
    caveats.push('Processes still have the file open; what they read from now on is zeros.');
  return caveats;
}

type Gone = Pick<WipeEvidence['verification'], 'nameGone' | 'holders'>;

async function verifyGone(path: string, file: BigIntStats): Promise<Gone> {
  const nameGone = await lstat(path).then(
    () => false,
    (error: unknown) => errnoOf(error) === 'ENOENT',
  );
  return { nameGone, holders: await findHolders(path, file) };
}

/** On securityfs an open descriptor still yields what its process had not read yet. */
function judge({ nameGone, holders }: Gone): WipeEvidence['verification']['result'] {
  if (!nameGone) return 'fail';
  if (holders === null) return 'unknown';
  return holders.length === 0 ? 'pass' : 'fail';
}

function conclude(evidence: WipeEvidence): WipeResult {
  return evidence.verification.nameGone
    ? { wiped: true, evidence }
    : notVerified('The name is still listed after it was unlinked.');
}

function notVerified(detail: string): WipeResult {
  return { wiped: false, reason: 'not-verified', detail };
}
