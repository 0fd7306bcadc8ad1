import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Reader } from '@vestige/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { identify, identifyReader, parseLoginuid, parseStat, parseStatus } from './identify.ts';

const afterName =
  'S 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 8471 5000 100 18446744073709551615 1 1';

let proc: string;

beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'vestige-proc-'));
  mkdirSync(join(proc, '7'));
});

afterEach(() => {
  rmSync(proc, { recursive: true });
});

function show(name: string, text: string): void {
  writeFileSync(join(proc, '7', name), text);
}

function play(pid: number, parent: number, exe: string | null): void {
  mkdirSync(join(proc, String(pid)), { recursive: true });
  writeFileSync(join(proc, String(pid), 'stat'), `${pid} (x) S ${parent} 1 1`);
  if (exe !== null) symlinkSync(exe, join(proc, String(pid), 'exe'));
}

describe('parseStat', () => {
  it.each(['cat', 'a b', 'a) S 1 (b', '(sd-pam)', ')', ''])(
    'takes the name %j for what it is',
    (comm) => {
      expect(parseStat(`7 (${comm}) ${afterName}\n`)).toEqual({ comm, parent: 1, startTime: 8471 });
    },
  );

  it('tells nothing of a line without a name', () => {
    expect(parseStat('')).toEqual({ comm: null, parent: null, startTime: null });
  });
});

describe('parseStatus', () => {
  it('gives the effective ids', () => {
    const text = 'Name:\tcat\nUid:\t1000\t0\t0\t0\nGid:\t1000\t44\t44\t44\n';
    expect(parseStatus(text)).toEqual({ uid: 0, gid: 44 });
  });
});

describe('parseLoginuid', () => {
  it('takes the greatest number for unset', () => {
    expect(parseLoginuid('4294967295')).toBeNull();
    expect(parseLoginuid('1000\n')).toBe(1000);
  });
});

describe('identify', () => {
  it('tells of a process that is gone only its pid', () => {
    expect(identify(9, proc)).toEqual({
      pid: 9,
      startTime: null,
      exe: null,
      comm: null,
      uid: null,
      gid: null,
      loginuid: null,
      cgroup: null,
      unit: null,
      container: null,
    });
  });

  it('gives what the contract accepts when names are too long or hold control characters', () => {
    show('stat', `7 (a\nb) ${afterName}\n`);
    show('cgroup', `0::/${'x'.repeat(2000)}.service\n`);
    symlinkSync(`/${'y'.repeat(1500)}`, join(proc, '7', 'exe'));
    const reader = identify(7, proc);
    expect(Reader.safeParse(reader).success).toBe(true);
    expect(reader).toMatchObject({ startTime: 8471, comm: null, exe: null, cgroup: null });
  });

  it('tells who this process is', () => {
    const reader = identify(process.pid);
    expect(Reader.parse(reader)).toMatchObject({
      pid: process.pid,
      exe: process.execPath,
      uid: process.geteuid?.(),
    });
  });
});

describe('identifyReader', () => {
  it('names the programs above, the nearest first, up to the first process', () => {
    play(7, 6, '/bin/cat');
    play(6, 5, '/bin/sh');
    play(5, 1, '/usr/sbin/sshd');
    play(1, 0, '/sbin/init');
    expect(identifyReader(7, proc)).toMatchObject({
      exe: '/bin/cat',
      parents: ['/bin/sh', '/usr/sbin/sshd', '/sbin/init'],
    });
  });

  it('ends at a parent that is gone or shows no program, and after eight', () => {
    play(7, 6, '/bin/cat');
    expect(identifyReader(7, proc).parents).toEqual([]);
    play(6, 5, null);
    expect(identifyReader(7, proc).parents).toEqual([]);
    for (let pid = 20; pid > 10; pid -= 1) play(pid, pid - 1, `/bin/p${pid}`);
    expect(identifyReader(20, proc).parents).toHaveLength(8);
  });

  it('tells of this process what the contract accepts', () => {
    const { parents = [] } = Reader.parse(identifyReader(process.pid));
    expect(parents[0]).toBe(process.execPath);
  });
});
