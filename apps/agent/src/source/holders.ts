import { type BigIntStats, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

import { holdersMax, type Reader } from '@vestige/contract';

import { errnoOf } from '../agent-error.ts';
import { identify } from '../observe/identify.ts';

const deletedSuffix = ' (deleted)';

/** Bytes of one holder in evidence: all that it may name fit, with the rest, into an entry of 65,535 bytes. */
const holderBytesMax = 2000;

/** A walk waits until for so long nothing more is asked for, as where many secrets are wiped together; but not for ever. */
const quietMilliseconds = 10;
const gatherMillisecondsMax = 200;

/** How long a walk keeps its thread at a time, which has more to do than this. */
const sliceMilliseconds = 5;

type Identity = Pick<BigIntStats, 'dev' | 'ino'>;

interface Wanted extends Identity {
  readonly name: string;
  readonly holders: Reader[];
}

/** One walk, and whether all processes could be looked at in it. */
interface Walk {
  readonly wanted: Map<string, Wanted>;
  readonly isComplete: Promise<boolean>;
}

/** The walk that has not begun yet, of each /proc. */
const coming = new Map<string, Walk>();
let lastWalk: Promise<unknown> = Promise.resolve();

/**
 * The processes that hold a file open, itself excepted; null where not every process may be looked at. The file is known
 * by device and inode, as another mount shows it under another path; its name only spares looking at every other file.
 * Files that are asked for together are looked for in one walk, which begins after that.
 */
export async function findHolders(
  name: string,
  { dev, ino }: Identity,
  proc = '/proc',
): Promise<Reader[] | null> {
  const { wanted, isComplete } = coming.get(proc) ?? planWalk(proc);
  const key = `${dev}:${ino}:${name}`;
  const file = wanted.get(key) ?? { name, dev, ino, holders: [] };
  wanted.set(key, file);
  return (await isComplete) ? file.holders : null;
}

function planWalk(proc: string): Walk {
  const wanted = new Map<string, Wanted>();
  const isComplete = lastWalk.then(async () => {
    await gather(wanted);
    coming.delete(proc);
    return walk(proc, [...wanted.values()]);
  });
  lastWalk = isComplete.catch(() => undefined);
  coming.set(proc, { wanted, isComplete });
  return { wanted, isComplete };
}

async function gather(wanted: ReadonlyMap<string, Wanted>): Promise<void> {
  const end = performance.now() + gatherMillisecondsMax;
  for (let known = 0; known < wanted.size && performance.now() < end;) {
    known = wanted.size;
    await sleep(quietMilliseconds);
  }
}

async function walk(proc: string, wanted: readonly Wanted[]): Promise<boolean> {
  const names = new Set(wanted.map(({ name }) => name));
  const pids = readdirSync(proc).filter((entry) => /^\d+$/.test(entry));
  const slice = new Slice();
  for (const pid of pids.map(Number)) {
    if (pid === process.pid) continue;
    const held = await heldBy(`${proc}/${pid}`, { names, wanted, slice });
    if (held === null) return false;
    if (held.size === 0) continue;
    const holder = bounded(identify(pid, proc));
    for (const { holders } of held) if (holders.length < holdersMax) holders.push(holder);
  }
  return true;
}

/** Gives the thread away again and again. */
class Slice {
  #end = performance.now() + sliceMilliseconds;

  async pause(): Promise<void> {
    if (performance.now() < this.#end) return;
    await nextTurn();
    this.#end = performance.now() + sliceMilliseconds;
  }
}

interface Sought {
  readonly names: ReadonlySet<string>;
  readonly wanted: readonly Wanted[];
  readonly slice: Slice;
}

/** Which of the files a process holds; null where it may not be looked at. */
async function heldBy(process: string, sought: Sought): Promise<Set<Wanted> | null> {
  const held = new Set<Wanted>();
  try {
    for (const descriptor of readdirSync(`${process}/fd`)) {
      await sought.slice.pause();
      if (!mayLeadTo(process, descriptor, sought)) continue;
      const open = await stat(`${process}/fd/${descriptor}`, { bigint: true }).catch(() => null);
      const found = sought.wanted.filter(({ dev, ino }) => dev === open?.dev && ino === open.ino);
      for (const file of found) held.add(file);
    }
    return held;
  } catch (error) {
    // A process that ended meanwhile holds nothing any more.
    const code = errnoOf(error);
    return code === 'ENOENT' || code === 'ESRCH' ? held : null;
  }
}

/** Name and inode number come first: a stat of a file on a dead network filesystem would not return. */
function mayLeadTo(process: string, descriptor: string, { names, wanted }: Sought): boolean {
  try {
    const link = readlinkSync(`${process}/fd/${descriptor}`);
    if (!link.startsWith('/')) return false;
    const target = link.endsWith(deletedSuffix) ? link.slice(0, -deletedSuffix.length) : link;
    if (names.has(basename(target))) return true;
    const inode = inodeIn(readFileSync(`${process}/fdinfo/${descriptor}`, 'latin1'));
    return wanted.some(({ ino }) => ino === inode);
  } catch {
    return false;
  }
}

/** proc_pid_fdinfo(5): `ino`, since Linux 5.14. */
function inodeIn(fdinfo: string): bigint | null {
  const found = /^ino:\s*(\d+)$/m.exec(fdinfo)?.[1];
  return found === undefined ? null : BigInt(found);
}

/** Paths too long to be told are told as unknown, as everywhere else; never cut. */
export function bounded(reader: Reader): Reader {
  const isShort = Buffer.byteLength(JSON.stringify(reader)) <= holderBytesMax;
  return isShort ? reader : { ...reader, exe: null, cgroup: null };
}

/** What evidence must add where it cannot name every holder. */
export function unnamedHolders(holders: readonly Reader[] | null): string[] {
  return holders?.length === holdersMax
    ? [`More processes may have it open than the ${holdersMax} that are named.`]
    : [];
}
