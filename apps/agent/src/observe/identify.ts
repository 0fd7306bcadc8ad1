import { closeSync, openSync, readlinkSync, readSync } from 'node:fs';

import type { Process, Reader } from '@vestige/contract';

import { parseControlGroup } from './cgroup.ts';

const loginuidUnset = 4294967295;
const controlCharacter = /\p{Cc}/u;
const parentsMax = 8;
/** One read gives all of a file of /proc that fits; only a deep version 1 hierarchy is longer, and is then cut. */
const buffer = Buffer.allocUnsafe(16 * 1024);

/** Who a process is, as /proc shows it now; of one that is gone only the pid is left. */
export function identify(pid: number, proc = '/proc'): Process {
  return identifyBy(statOf(pid, proc), pid, proc);
}

function identifyBy(stat: Stat, pid: number, proc: string): Process {
  const read = (name: string): string | null => readProc(`${proc}/${pid}/${name}`);
  const group = parseControlGroup(read('cgroup') ?? '');
  return {
    pid,
    startTime: stat.startTime,
    exe: exeOf(pid, proc),
    comm: bounded(stat.comm, 64),
    ...parseStatus(read('status') ?? ''),
    loginuid: parseLoginuid(read('loginuid') ?? ''),
    cgroup: bounded(group.path, 1024),
    unit: bounded(group.unit, 256),
    container: bounded(group.container, 128),
  };
}

/** The same with the programs that it descends from. */
export function identifyReader(pid: number, proc = '/proc'): Reader {
  const stat = statOf(pid, proc);
  return { ...identifyBy(stat, pid, proc), parents: programsAbove(stat.parent, proc) };
}

/** The programs of the processes that one descends from, the nearest first. One that is gone, or shows no program, ends it. */
function programsAbove(parent: number | null, proc: string): string[] {
  const programs: string[] = [];
  for (let pid = parent ?? 0; pid > 0 && programs.length < parentsMax;) {
    const exe = exeOf(pid, proc);
    if (exe === null) break;
    programs.push(exe);
    pid = statOf(pid, proc).parent ?? 0;
  }
  return programs;
}

function exeOf(pid: number, proc: string): string | null {
  return bounded(
    attempt(() => readlinkSync(`${proc}/${pid}/exe`)),
    1024,
  );
}

function statOf(pid: number, proc: string): Stat {
  return parseStat(readProc(`${proc}/${pid}/stat`) ?? '');
}

/** The start time alone, which with the pid names one process. */
export function startTimeOf(pid: number, proc = '/proc'): number | null {
  return statOf(pid, proc).startTime;
}

export interface Stat {
  readonly comm: string | null;
  readonly parent: number | null;
  readonly startTime: number | null;
}

/** proc_pid_stat(5). The name in field 2 may itself hold spaces and parentheses, so it ends at the last one. */
export function parseStat(text: string): Stat {
  const start = text.indexOf('(');
  const end = text.lastIndexOf(')');
  if (start === -1 || end < start) return { comm: null, parent: null, startTime: null };
  const fromState = text.slice(end + 2).split(' ');
  return {
    comm: text.slice(start + 1, end),
    parent: wholeNumber(fromState[4 - 3]),
    startTime: wholeNumber(fromState[22 - 3]),
  };
}

/** The effective ids: what the access was decided on. */
export function parseStatus(text: string): { uid: number | null; gid: number | null } {
  const effective = (label: string): number | null => {
    const fields = new RegExp(`^${label}:\\s+(.*)$`, 'm').exec(text)?.[1]?.split(/\s+/);
    return wholeNumber(fields?.[1]);
  };
  return { uid: effective('Uid'), gid: effective('Gid') };
}

export function parseLoginuid(text: string): number | null {
  const id = wholeNumber(text.trim());
  return id === loginuidUnset ? null : id;
}

/** A text that the contract's schema would refuse counts as untold: one odd name must not cost a whole batch. */
export function bounded(text: string | null, max: number): string | null {
  return text === null || text.length > max || controlCharacter.test(text) ? null : text;
}

function wholeNumber(text: string | undefined): number | null {
  if (text === undefined || !/^\d+$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}

/** With as few system calls as can be: a reader waits for them. */
function readProc(path: string): string | null {
  return attempt(() => {
    const fd = openSync(path, 'r');
    try {
      return buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, 0));
    } finally {
      closeSync(fd);
    }
  });
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
