import { statfs } from 'node:fs/promises';

export interface Medium {
  /** As Linux calls the filesystem; its magic number in hex where it is not known here. */
  filesystem: string;
  /** What overwriting a file there cannot promise. */
  caveats: string[];
}

/** What an overwritten file leaves behind, told from the filesystem that it is on. Nobody can see the medium under it. */
export async function mediumOf(file: string): Promise<Medium> {
  const { type } = await statfs(file);
  const known = filesystems.get(type);
  const filesystem = known?.[0] ?? `0x${type.toString(16)}`;
  return { filesystem, caveats: overwriteCaveats(known?.[1] ?? 'unknown') };
}

type Kind = 'memory' | 'in-place' | 'journal' | 'copy-on-write' | 'remote' | 'unknown';

const filesystems = new Map<number, [name: string, kind: Kind]>([
  [0x0102_1994, ['tmpfs', 'memory']],
  [0x8584_58f6, ['ramfs', 'memory']],
  [0x4d44, ['vfat', 'in-place']],
  [0x2011_bab0, ['exfat', 'in-place']],
  [0xef53, ['ext2/ext3/ext4', 'journal']],
  [0x5846_5342, ['xfs', 'journal']],
  [0x9123_683e, ['btrfs', 'copy-on-write']],
  [0x2fc1_2fc1, ['zfs', 'copy-on-write']],
  [0xca45_1a4e, ['bcachefs', 'copy-on-write']],
  [0xf2f5_2010, ['f2fs', 'copy-on-write']],
  [0x794c_7630, ['overlayfs', 'copy-on-write']],
  [0x6969, ['nfs', 'remote']],
  [0x0102_1997, ['9p', 'remote']],
  [0x6573_5546, ['fuse', 'remote']],
  [0xff53_4d42, ['cifs', 'remote']],
]);

const everywhere = 'Copies that readers took, snapshots and backups are not reached.';
const medium =
  'Flash and disks may keep the old blocks where no write reaches them (wear levelling, remapping): only their own erase, or encryption whose key is destroyed, helps.';
const cache =
  'What is read back may come from the page cache: it proves what a reader gets, not what the medium holds.';

/** One sentence for each reason why zeros in a file are not zeros everywhere. */
export function overwriteCaveats(kind: Kind): string[] {
  const own: Record<Kind, string[]> = {
    memory: ['The pages may have been swapped out before they were overwritten.'],
    'in-place': [medium, cache],
    journal: [
      'The journal may hold old data where it journals data (data=journal), or for a file that was extended or cloned (reflink).',
      medium,
      cache,
    ],
    'copy-on-write': [
      'The filesystem writes new blocks and frees the old ones, which keep the secret until something reuses them.',
      medium,
      cache,
    ],
    remote: ['Where and how the server stores the file is not known here.', medium, cache],
    unknown: [
      'What this filesystem does with overwritten blocks is not known here.',
      medium,
      cache,
    ],
  };
  return [everywhere, ...own[kind]];
}
