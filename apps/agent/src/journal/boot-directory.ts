import {
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';

/**
 * One boot's records: `<ordinal>-<boot>/<first seq>.log`, and `acked` with the last seq that the service has.
 * The ordinal orders the boots, as their ids and the clock cannot.
 */
export interface BootDirectory {
  boot: string;
  ordinal: number;
  path: string;
}

export interface Segment {
  firstSeq: number;
  path: string;
  bytes: number;
}

const directoryPattern = /^(?<ordinal>\d{6,})-(?<boot>[0-9a-f-]{36})$/;
const setAsidePattern = /^(?<ordinal>\d{6,})-(?<boot>[0-9a-f-]{36})\.damaged$/;
const segmentPattern = /^(?<firstSeq>\d{12,})\.log$/;

/** The boots with a directory, the oldest first. */
export function listBoots(journalDir: string): BootDirectory[] {
  return listDirectories(journalDir, directoryPattern);
}

/** The boots that are not delivered any more, as they are damaged. */
export function listSetAside(journalDir: string): BootDirectory[] {
  return listDirectories(journalDir, setAsidePattern);
}

export function setAsidePath({ path }: BootDirectory): string {
  return `${path}.damaged`;
}

function listDirectories(journalDir: string, pattern: RegExp): BootDirectory[] {
  return entriesOf(journalDir)
    .flatMap((name) => {
      const groups = pattern.exec(name)?.groups;
      if (groups === undefined) return [];
      const ordinal = Number(groups['ordinal']);
      return [{ boot: groups['boot'] ?? '', ordinal, path: join(journalDir, name) }];
    })
    .toSorted((a, b) => a.ordinal - b.ordinal);
}

export function createBoot(journalDir: string, boot: string): BootDirectory {
  const known = [...listBoots(journalDir), ...listSetAside(journalDir)];
  const ordinal = Math.max(0, ...known.map((directory) => directory.ordinal)) + 1;
  const path = join(journalDir, `${String(ordinal).padStart(6, '0')}-${boot}`);
  mkdirSync(path, { mode: 0o700 });
  syncDirectory(journalDir);
  return { boot, ordinal, path };
}

/** The segments of a boot, the oldest first. */
export function listSegments(directory: BootDirectory): Segment[] {
  return entriesOf(directory.path)
    .flatMap((name) => {
      const firstSeq = segmentPattern.exec(name)?.groups?.['firstSeq'];
      if (firstSeq === undefined) return [];
      const path = join(directory.path, name);
      const stat = statSync(path, { throwIfNoEntry: false });
      return stat === undefined ? [] : [{ firstSeq: Number(firstSeq), path, bytes: stat.size }];
    })
    .toSorted((a, b) => a.firstSeq - b.firstSeq);
}

export function segmentPath(directory: BootDirectory, firstSeq: number): string {
  return join(directory.path, `${String(firstSeq).padStart(12, '0')}.log`);
}

/**
 * Without O_NOATIME a read would write to the disk, and hang with it: then the main thread could not let readers go on that
 * the observer holds.
 */
export function openSegment({ path }: Pick<Segment, 'path'>): number {
  return openSync(path, constants.O_RDONLY | constants.O_NOATIME);
}

export function acknowledgedPath(directory: BootDirectory): string {
  return join(directory.path, 'acked');
}

/** -1 where nothing was acknowledged or the file is damaged: then records are only sent once more. */
export function readAcknowledged(directory: BootDirectory): number {
  try {
    const text = readFileSync(acknowledgedPath(directory), 'utf8');
    return /^\d+\n$/.test(text) ? Number(text) : -1;
  } catch {
    return -1;
  }
}

/** Makes created and removed names durable. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Empty where the directory is not there: it may have been dropped in the meantime. */
function entriesOf(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
