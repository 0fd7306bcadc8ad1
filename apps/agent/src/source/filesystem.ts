import { statfs } from 'node:fs/promises';

/** Type numbers of statfs(2), from linux/magic.h. */
const names = new Map<number, string>([
  [0x73636673, 'securityfs'],
  [0xde5e81e4, 'efivarfs'],
  [0x62656572, 'sysfs'],
  [0xef53, 'ext'],
  [0x9123683e, 'btrfs'],
  [0x58465342, 'xfs'],
  [0x794c7630, 'overlay'],
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
  [0x2fc12fc1, 'zfs'],
  [0xf2f52010, 'f2fs'],
  [0xca451a4e, 'bcachefs'],
  [0x65735546, 'fuse'],
  [0x6969, 'nfs'],
  [0x01021997, '9p'],
  [0x4d44, 'vfat'],
]);

/** Tells the name of the filesystem that a path is on; a number where it has no name here. */
export type FilesystemOf = (path: string) => Promise<string>;

export const filesystemOf: FilesystemOf = async (path) => {
  const { type } = await statfs(path);
  return names.get(type) ?? `0x${type.toString(16)}`;
};

const inMemory = new Set(['securityfs', 'tmpfs', 'ramfs']);
const copyOnWrite = new Set(['btrfs', 'zfs', 'bcachefs', 'f2fs', 'overlay']);

/** Whether what is stored there outlives the boot. */
export function isPersistent(filesystem: string): boolean {
  return !inMemory.has(filesystem);
}

/** What overwriting a file there cannot promise. */
export function overwriteCaveats(filesystem: string): string[] {
  if (filesystem === 'ramfs') return [];
  if (filesystem === 'tmpfs')
    return ['Pages that were swapped out before may still be in the swap area.'];
  const caveats = [
    'A drive that remaps blocks (SSD), snapshots and backups may keep what was overwritten.',
  ];
  if (copyOnWrite.has(filesystem))
    caveats.push(
      `On ${filesystem} new data goes to new blocks: the old ones were freed, not overwritten.`,
    );
  if (filesystem === 'ext' || filesystem === 'xfs')
    caveats.push('The journal of the filesystem may hold older copies of data or of names.');
  return caveats;
}
