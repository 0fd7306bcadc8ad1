import { basename } from 'node:path';

import type { WipeEvidence } from '@vestige/contract';

import { causeOf, errnoOf } from '../agent-error.ts';
import { syncDirectory } from '../durable-file.ts';
import { type FilesystemOf, overwriteCaveats } from './filesystem.ts';
import { findHolders, unnamedHolders } from './holders.ts';
import { overwriteFile } from './overwrite-file.ts';
import { PinnedFile } from './pinned-file.ts';
import { alreadyGone, type OwnAccess, refused, type WipeResult } from './secret-source.ts';

/** No secret is larger; a sparse file of any size could fill the disk with zeros. */
const overwriteBytesMax = 64n * 1024n * 1024n;

/** Wipes one file of a directory of secrets, by the technique that its filesystem calls for. */
export async function wipeFile(
  path: string,
  filesystemOf: FilesystemOf,
  ownAccess: OwnAccess,
): Promise<WipeResult> {
  try {
    return await PinnedFile.use(path, async (file) => {
      if (!file.stats.isFile()) return refused('What has this name is not a regular file.');
      const filesystem = await filesystemOf(file.path);
      return filesystem === 'securityfs'
        ? await unlinkFromSecurityfs(file, basename(path))
        : await overwriteAndUnlink(file, { name: basename(path), filesystem, ownAccess });
    });
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): WipeResult {
  if (errnoOf(error) === 'ENOENT')
    return alreadyGone('There was no file of this name when the order came.');
  return { wiped: false, reason: 'io-error', detail: `The wipe stopped: ${causeOf(error)}.` };
}

async function unlinkFromSecurityfs(file: PinnedFile, name: string): Promise<WipeResult> {
  const startedAt = new Date().toISOString();
  await file.unlink();
  const verification = await verifyGone(file, name);
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

interface Plain {
  readonly name: string;
  readonly filesystem: string;
  readonly ownAccess: OwnAccess;
}

async function overwriteAndUnlink(
  file: PinnedFile,
  { name, filesystem, ownAccess }: Plain,
): Promise<WipeResult> {
  if (file.stats.nlink > 1n)
    return refused('The file has further names, which may be outside the source.');
  if (file.stats.size > overwriteBytesMax)
    return refused(`The file is larger than ${overwriteBytesMax} bytes: it is no secret.`);
  const startedAt = new Date().toISOString();
  const { bytes, readBackZero } = await overwriteFile(file.path, ownAccess);
  if (!readBackZero)
    return notVerified('The file did not read back as zeros: it was not unlinked.');
  if (!(await file.isNamed()))
    return notVerified('Overwritten; its name was taken away or given to another file meanwhile.');
  await file.unlink();
  await syncDirectory(file.directory);
  if (!(await file.isUnlinked()))
    return notVerified('Overwritten; another file had taken its name when that was unlinked.');
  const gone = await verifyGone(file, name);
  return conclude({
    technique: 'overwrite-unlink',
    filesystem,
    bytesOverwritten: bytes,
    synced: true,
    startedAt,
    completedAt: new Date().toISOString(),
    // A descriptor that is still open reads the zeros of the same file.
    verification: { ...gone, readBackZero, result: gone.nameGone ? 'pass' : 'fail' },
    caveats: plainCaveats(filesystem, gone),
  });
}

function plainCaveats(filesystem: string, { holders }: Gone): string[] {
  const caveats = ['Copies that readers took are not reached.', ...overwriteCaveats(filesystem)];
  caveats.push(...unnamedHolders(holders));
  if (holders !== null && holders.length > 0)
    caveats.push('Processes still have the file open; what they read from now on is zeros.');
  return caveats;
}

type Gone = Pick<WipeEvidence['verification'], 'nameGone' | 'holders'>;

async function verifyGone(file: PinnedFile, name: string): Promise<Gone> {
  return { nameGone: await file.isNameGone(), holders: await findHolders(name, file.stats) };
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
