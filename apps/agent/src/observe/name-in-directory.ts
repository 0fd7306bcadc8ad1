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
  if (file.nlink === 0n || (shown !== '' && leadsTo(join(directory, shown), file))) return shown;
  for (const name of known) if (leadsTo(join(directory, name), file)) return name;
  return shown;
}

function shownName(fd: number, { nlink }: BigIntStats): string {
  const path = shownPath(fd);
  const isUnlinked = path.endsWith(deletedSuffix) && nlink === 0n;
  return basename(isUnlinked ? path.slice(0, -deletedSuffix.length) : path);
}

/** The kernel shows no path of more than a page; then the file is known by what it is, not by where it is. */
function shownPath(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}

function leadsTo(path: string, { dev, ino }: BigIntStats): boolean {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stats?.dev === dev && stats.ino === ino;
}
