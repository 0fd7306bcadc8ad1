/*
 * What:      /sys/firmware/secvar/vars, one directory for each variable of PowerNV and PowerVM secure boot: PK, KEK, db, dbx
 *            and more. Keys and lists that are public, kept by the firmware over boots.
 * Read:      Never by the agent, though everybody may: it lists, and reads the file `size`. Reads are not seen.
 * Wipe:      Never. There is no unlink; the firmware deletes a variable for a validly signed empty update alone.
 * Traps:     The st_size of `data` and `update` is the largest size that the firmware takes, not the variable's. A size that
 *            cannot be read (EIO) says nothing of the others.
 * Reference: Documentation/ABI/testing/sysfs-secvar, arch/powerpc/platforms/powernv, pseries/plpks-secvar.c.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { Capability, Source } from '@vestige/contract';

import { listVariables } from './list-variables.ts';
import { type Listing, refused, type SecretSource } from './secret-source.ts';

export const secvarPath = '/sys/firmware/secvar/vars';

export function secvar(path: string): SecretSource {
  const source: Source = { kind: 'secvar', path };
  return {
    source,
    watchKind: 'none',
    fingerprint: async () => null,
    list: () => list(source),
    wipe: async () => refused('Only a validly signed empty update deletes it.'),
  };
}

const capabilities: Capability[] = [
  'size-known-without-read',
  'persistent',
  'signed-update-only',
  'world-readable',
];

function list(source: Source): Promise<Listing> {
  return listVariables({
    source,
    capabilities,
    absence: 'No directory: this firmware has no secure variables, or the kernel no driver.',
    names: async () => {
      const entries = await readdir(source.path, { withFileTypes: true });
      return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    },
    lengthOf: (name) => lengthOf(join(source.path, name)),
    detail: 'Public keys and lists of the firmware.',
  });
}

/** Decimal with a line feed; null where the firmware does not tell. */
async function lengthOf(directory: string): Promise<number | null> {
  await stat(directory);
  const text = await readFile(join(directory, 'size'), 'utf8').catch(() => '');
  const length = /^\d+\n?$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(length) ? length : null;
}
