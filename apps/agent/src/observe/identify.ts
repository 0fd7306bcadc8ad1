import { readFileSync, readlinkSync } from 'node:fs';

import type { Reader } from '@vestige/contract';

import { parseControlGroup } from './cgroup.ts';

const loginuidUnset = 4294967295;
const controlCharacter = /\p{Cc}/u;

/** Who a process is, as /proc shows it now; of one that is gone only the pid is left. */
export function identify(pid: number, proc = '/proc'): Reader {
  const read = (name: string): string | null =>
    attempt(() => readFileSync(`${proc}/${pid}/${name}`, 'utf8'));
  const stat = parseStat(read('stat') ?? '');
  const group = parseControlGroup(read('cgroup') ?? '');
  return {
    pid,
    startTime: stat.startTime,
    exe: bounded(
      attempt(() => readlinkSync(`${proc}/${pid}/exe`)),
      1024,
    ),
    comm: bounded(stat.comm, 64),
    ...parseStatus(read('status') ?? ''),
    loginuid: parseLoginuid(read('loginuid') ?? ''),
    cgroup: bounded(group.path, 1024),
    unit: bounded(group.unit, 256),
    container: bounded(group.container, 128),
  };
}

/** The start time alone, which with the pid names one process. */
export function startTimeOf(pid: number, proc = '/proc'): number | null {
  return parseStat(attempt(() => readFileSync(`${proc}/${pid}/stat`, 'utf8')) ?? '').startTime;
}

/** proc_pid_stat(5). The name in field 2 may itself hold spaces and parentheses, so it ends at the last one. */
export function parseStat(text: string): { comm: string | null; startTime: number | null } {
  const start = text.indexOf('(');
  const end = text.lastIndexOf(')');
  if (start === -1 || end < start) return { comm: null, startTime: null };
  const fromState = text.slice(end + 2).split(' ');
  return { comm: text.slice(start + 1, end), startTime: wholeNumber(fromState[22 - 3]) };
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

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
