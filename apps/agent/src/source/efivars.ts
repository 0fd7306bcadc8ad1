/*
 * What:      /sys/firmware/efi/efivars, one file for each EFI variable, named NAME-GUID, where the GUID is the vendor's and
 *            not a usage. Among much else: keys of secure boot, and secrets that boot loaders keep there.
 * Read:      Never by the agent, though everybody may (0644): it lists and stats. Reads are not seen; the kernel makes
 *            them slow for whoever is not root.
 * Wipe:      Never. The variables live in NVRAM and outlast the boot; losing the wrong one can leave a machine that does
 *            not start any more.
 * Traps:     st_size counts four bytes of attributes before the data; 0 is a variable that was created and never written.
 *            A `/` in a name shows as `!`. Most files are immutable until somebody takes the flag off.
 * Reference: Documentation/filesystems/efivarfs.rst, fs/efivarfs (Linux 6.12).
 */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { Capability, Source } from '@vestige/contract';

import { filesystemOf } from './filesystem.ts';
import { listVariables } from './list-variables.ts';
import { type Listing, refused, type SecretSource } from './secret-source.ts';

export const efivarsPath = '/sys/firmware/efi/efivars';

export function efivars(path: string): SecretSource {
  const source: Source = { kind: 'efivars', path };
  return {
    source,
    watchKind: 'none',
    fingerprint: async () => null,
    list: () => list(source),
    wipe: async () =>
      refused('A variable in persistent NVRAM: without it the machine may not start.'),
  };
}

const capabilities: Capability[] = [
  'size-known-without-read',
  'persistent',
  'world-readable',
  'dangerous',
];

const notMounted: Listing = {
  condition: 'absent',
  capabilities,
  detail: 'efivarfs is not mounted here.',
  items: [],
  isComplete: true,
  identity: null,
};

const attributesBytes = 4;

/** A vendor's GUID in either case: it is compared without regard to it, unlike the name. */
const variableName = /^.+-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

async function list(source: Source): Promise<Listing> {
  const filesystem = await filesystemOf(source.path).catch(() => 'none');
  // sysfs has the directory to mount on.
  if (filesystem === 'sysfs') return notMounted;
  return listVariables({
    source,
    capabilities,
    absence: 'No directory: the machine was not started by EFI, or efivarfs is not mounted.',
    names: async () => (await readdir(source.path)).filter((name) => variableName.test(name)),
    lengthOf: async (name) => {
      const { size } = await lstat(join(source.path, name));
      return Math.max(0, size - attributesBytes);
    },
    detail: filesystem === 'efivarfs' ? '' : `Plain files on ${filesystem}, not efivarfs.`,
  });
}
