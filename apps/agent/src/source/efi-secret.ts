/*
 * What:      /sys/kernel/security/secrets/coco, one file for each entry of the secret area, named by its GUID in lower
 *            case. Mode 0440 root:root, in a directory that every user may list. Also any directory of that shape.
 * Read:      Never by the agent: it lists and stats. On securityfs st_size is 0 whatever the length, so the length is
 *            not known; a reader gets the whole entry, again and again, until it is wiped.
 * Wipe:      On securityfs unlink(2) zeroes the entry in the area and clears its GUID. On any other filesystem unlink
 *            frees the blocks and no more, so the file is overwritten, synced and read back as zeros before.
 * Traps:     No directory means no module, no area or a corrupt table. One bad or duplicate entry hides all. A
 *            descriptor that was opened and partly read before the unlink still gives the rest of the real secret.
 *            truncate(1) by root changes what later readers get, and st_size.
 * Reference: Documentation/ABI/testing/securityfs-secrets-coco, drivers/virt/coco/efi_secret/efi_secret.c (Linux 6.1, 6.12).
 */
import type { Stats } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { type Capability, Guid, type Source } from '@vestige/contract';
import { knownUsage } from '@vestige/secret-area';

import { causeOf, errnoOf } from '../agent-error.ts';
import { AbsenceOfSecrets } from './absence.ts';
import { type FilesystemOf, filesystemOf as realFilesystemOf, isPersistent } from './filesystem.ts';
import { type Item, itemsMax, type Listing, refused, type SecretSource } from './secret-source.ts';
import { wipeFile } from './wipe-file.ts';

export const efiSecretPath = '/sys/kernel/security/secrets/coco';

/**
 * The directory `path` as a source. `filesystemOf` tells what it is on, which decides how a file is wiped; `absence` why it
 * is not there.
 */
export function efiSecret(
  path: string,
  filesystemOf: FilesystemOf = realFilesystemOf,
  absence: Pick<AbsenceOfSecrets, 'explain'> = new AbsenceOfSecrets(),
): SecretSource {
  const source: Source = { kind: 'efi-secret', path };
  return {
    source,
    watchKind: 'directory',
    fingerprint: async () => null,
    list: () => list(source, filesystemOf, absence).catch(unlistable),
    wipe: async ({ name }, ownAccess) =>
      Guid.safeParse(name).success
        ? wipeFile(join(path, name), filesystemOf, ownAccess)
        : refused('The name is not a GUID in lower case, so it is no secret of this source.'),
  };
}

interface Found {
  readonly item: Item;
  readonly stats: Stats;
}

async function list(
  source: Source,
  filesystemOf: FilesystemOf,
  absence: Pick<AbsenceOfSecrets, 'explain'>,
): Promise<Listing> {
  const directory = await stat(source.path).catch(nullWhereGone);
  if (directory?.isDirectory() !== true)
    return { ...absent, ...(await absence.explain(source.path)) };
  const filesystem = await filesystemOf(source.path);
  const names = await readdir(source.path);
  const guids = names.filter((name) => Guid.safeParse(name).success);
  const looked = await Promise.all(
    guids.slice(0, itemsMax).map((name) => look(source, name, filesystem)),
  );
  const found = looked.filter((file) => file !== null);
  const unlisted = Math.max(0, guids.length - itemsMax);
  return {
    condition: found.length === 0 ? 'empty' : 'populated',
    capabilities: capabilities(filesystem, found),
    detail: describe(filesystem, found, {
      others: names.length - found.length - unlisted,
      unlisted,
    }),
    items: found.map(({ item }) => item),
    isComplete: unlisted === 0,
    identity: `${directory.dev}:${directory.ino}`,
  };
}

const absent: Listing = {
  condition: 'absent',
  capabilities: ['per-item-wipe', 'wipe-verifiable'],
  detail: '',
  items: [],
  isComplete: true,
  identity: null,
};

function nullWhereGone(error: unknown): null {
  if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return null;
  throw error;
}

/** What cannot be looked at now is not gone. */
function unlistable(error: unknown): Listing {
  return { ...absent, detail: `Cannot be listed: ${causeOf(error)}.`, isComplete: false };
}

/** What a name in the directory is; null where it is no secret, or gone meanwhile. */
async function look(source: Source, name: string, filesystem: string): Promise<Found | null> {
  const guid = Guid.safeParse(name);
  if (!guid.success) return null;
  const stats = await lstat(join(source.path, name)).catch(nullWhereGone);
  if (stats?.isFile() !== true) return null;
  const dataLength = filesystem === 'securityfs' ? null : stats.size;
  const usage = knownUsage(name) ?? null;
  return { item: { secret: { source, name, guid: guid.data }, dataLength, usage }, stats };
}

function capabilities(filesystem: string, found: readonly Found[]): Capability[] {
  const stated: Capability[] = ['per-item-wipe', 'wipe-verifiable'];
  if (filesystem !== 'securityfs') stated.push('size-known-without-read');
  if (isPersistent(filesystem)) stated.push('persistent');
  if (found.some(({ stats }) => (stats.mode & 0o004) !== 0)) stated.push('world-readable');
  return stated;
}

function describe(
  filesystem: string,
  found: readonly Found[],
  { others, unlisted }: { others: number; unlisted: number },
): string {
  const sentences: string[] = [];
  if (unlisted > 0)
    sentences.push(`More than ${itemsMax} secrets: ${unlisted} are not listed, only their reads.`);
  if (filesystem !== 'securityfs')
    sentences.push(`Plain files on ${filesystem}, not the kernel's securityfs.`);
  if (others > 0)
    sentences.push(
      `Names that are no secret (not a GUID in lower case, or no regular file): ${others}.`,
    );
  const linked = found.filter(({ stats }) => stats.nlink > 1).length;
  if (linked > 0)
    sentences.push(`Secrets with further names, through which reads are not seen: ${linked}.`);
  const truncated = found.filter(({ stats }) => filesystem === 'securityfs' && stats.size > 0);
  if (truncated.length > 0)
    sentences.push(`Secrets whose size somebody changed with truncate: ${truncated.length}.`);
  return sentences.join(' ');
}
