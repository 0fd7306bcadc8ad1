import type { BigIntStats } from 'node:fs';
import { readdir, readlink, stat } from 'node:fs/promises';
import { basename } from 'node:path';

import { holdersMax, type Reader } from '@vestige/contract';

import { errnoOf } from '../agent-error.ts';
import { identify } from '../observe/identify.ts';

const deletedSuffix = ' (deleted)';

/**
 * The processes that hold a file open, itself excepted; null where not every process may be looked at. The file is known
 * by device and inode, as another mount shows it under another path.
 */
export async function findHolders(
  path: string,
  file: Pick<BigIntStats, 'dev' | 'ino'>,
  proc = '/proc',
): Promise<Reader[] | null> {
  const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name)).map(Number);
  const holders: Reader[] = [];
  for (const pid of pids) {
    if (pid === process.pid) continue;
    const isHolder = await holds(`${proc}/${pid}/fd`, basename(path), file);
    if (isHolder === null) return null;
    if (isHolder && holders.length < holdersMax) holders.push(identify(pid, proc));
  }
  return holders;
}

async function holds(
  descriptors: string,
  name: string,
  file: Pick<BigIntStats, 'dev' | 'ino'>,
): Promise<boolean | null> {
  try {
    for (const descriptor of await readdir(descriptors)) {
      if (await leadsTo(`${descriptors}/${descriptor}`, name, file)) return true;
    }
    return false;
  } catch (error) {
    // A process that ended meanwhile holds nothing any more.
    const code = errnoOf(error);
    return code === 'ENOENT' || code === 'ESRCH' ? false : null;
  }
}

/** What evidence must add where it cannot name every holder. */
export function unnamedHolders(holders: readonly Reader[] | null): string[] {
  return holders?.length === holdersMax
    ? [`More processes may have it open than the ${holdersMax} that are named.`]
    : [];
}

/** The name comes first: a stat of a file on a dead network filesystem would not return. */
async function leadsTo(
  descriptor: string,
  name: string,
  file: Pick<BigIntStats, 'dev' | 'ino'>,
): Promise<boolean> {
  const link = await readlink(descriptor).catch(() => '');
  const target = link.endsWith(deletedSuffix) ? link.slice(0, -deletedSuffix.length) : link;
  if (!target.startsWith('/') || basename(target) !== name) return false;
  const open = await stat(descriptor, { bigint: true }).catch(() => null);
  return open !== null && open.dev === file.dev && open.ino === file.ino;
}
