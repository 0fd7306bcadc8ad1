import type { BigIntStats } from 'node:fs';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { basename } from 'node:path';

import { holdersMax, type Reader } from '@vestige/contract';

import { errnoOf } from '../agent-error.ts';
import { identify } from '../observe/identify.ts';

const deletedSuffix = ' (deleted)';

/** Bytes of one holder in evidence: all that it may name fit, with the rest, into an entry of 65,535 bytes. */
const holderBytesMax = 2000;

/**
 * The processes that hold a file open, itself excepted; null where not every process may be looked at. The file is known
 * by device and inode, as another mount shows it under another path; its name only spares looking at every other file.
 */
export async function findHolders(
  name: string,
  file: Pick<BigIntStats, 'dev' | 'ino'>,
  proc = '/proc',
): Promise<Reader[] | null> {
  const pids = (await readdir(proc)).filter((entry) => /^\d+$/.test(entry)).map(Number);
  const holders: Reader[] = [];
  for (const pid of pids) {
    if (pid === process.pid) continue;
    const isHolder = await holds(`${proc}/${pid}`, name, file);
    if (isHolder === null) return null;
    if (isHolder && holders.length < holdersMax) holders.push(bounded(identify(pid, proc)));
  }
  return holders;
}

/** Paths too long to be told are told as unknown, as everywhere else; never cut. */
export function bounded(reader: Reader): Reader {
  const isShort = Buffer.byteLength(JSON.stringify(reader)) <= holderBytesMax;
  return isShort ? reader : { ...reader, exe: null, cgroup: null };
}

async function holds(
  process: string,
  name: string,
  file: Pick<BigIntStats, 'dev' | 'ino'>,
): Promise<boolean | null> {
  try {
    for (const descriptor of await readdir(`${process}/fd`)) {
      if (await leadsTo(process, descriptor, { name, ...file })) return true;
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

/** Name and inode number come first: a stat of a file on a dead network filesystem would not return. */
async function leadsTo(
  process: string,
  descriptor: string,
  { name, dev, ino }: { name: string } & Pick<BigIntStats, 'dev' | 'ino'>,
): Promise<boolean> {
  const path = `${process}/fd/${descriptor}`;
  const link = await readlink(path).catch(() => '');
  if (!link.startsWith('/')) return false;
  const target = link.endsWith(deletedSuffix) ? link.slice(0, -deletedSuffix.length) : link;
  if (basename(target) !== name && !(await showsInode(`${process}/fdinfo/${descriptor}`, ino)))
    return false;
  const open = await stat(path, { bigint: true }).catch(() => null);
  return open !== null && open.dev === dev && open.ino === ino;
}

/** proc_pid_fdinfo(5): `ino`, since Linux 5.14. */
async function showsInode(fdinfo: string, ino: bigint): Promise<boolean> {
  const text = await readFile(fdinfo, 'utf8').catch(() => '');
  return new RegExp(`^ino:\\s*${ino}$`, 'm').test(text);
}
