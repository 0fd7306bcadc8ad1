import { type BigIntStats, fstatSync, lstatSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';

const deletedSuffix = ' (deleted)';

/**
 * The name that an open file has in a directory. The path that the kernel shows is the reader's: a file that is
 * bind-mounted, as into a container, has another name there.
 */
export function nameInDirectory(fd: number, directory: string, known: Iterable<string>): string {
  const file = fstatSync(fd, { bigint: true });
  const shown = shownName(fd, file);
  if (file.nlink === 0n || leadsTo(join(directory, shown), file)) return shown;
  for (const name of known) if (leadsTo(join(directory, name), file)) return name;
  return shown;
}

function shownName(fd: number, { nlink }: BigIntStats): string {
  const path = readlinkSync(`/proc/self/fd/${fd}`);
  const isUnlinked = path.endsWith(deletedSuffix) && nlink === 0n;
  return basename(isUnlinked ? path.slice(0, -deletedSuffix.length) : path);
}

function leadsTo(path: string, { dev, ino }: BigIntStats): boolean {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stats?.dev === dev && stats.ino === ino;
}
