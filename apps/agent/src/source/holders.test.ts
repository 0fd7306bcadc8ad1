import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { holdersMax } from '@vestige/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { bounded, findHolders, unnamedHolders } from './holders.ts';

describe('the holders of a file', () => {
  const guid = '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d';
  let folder = '';
  let path = '';
  let holding: ChildProcess[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vestige-holders-'));
    path = join(folder, guid);
    writeFileSync(path, 'x');
  });
  afterEach(() => {
    for (const child of holding) child.kill('SIGKILL');
    holding = [];
    rmSync(folder, { recursive: true });
  });

  /** Processes that hold the file as their standard input and do nothing else. */
  function hold(count: number): void {
    const descriptor = openSync(path, 'r');
    for (let n = 0; n < count; n += 1)
      holding.push(spawn('sleep', ['600'], { stdio: [descriptor, 'ignore', 'ignore'] }));
    closeSync(descriptor);
  }

  it('are named also after the file was unlinked', async () => {
    hold(1);
    const file = statSync(path, { bigint: true });
    unlinkSync(path);
    const holders = await findHolders(guid, file);
    expect(holders).toMatchObject([{ pid: holding[0]?.pid, comm: 'sleep' }]);
    expect(unnamedHolders(holders)).toEqual([]);
  });

  it('are named also where they have it open by another name', async () => {
    const other = join(folder, 'bind-mounted-elsewhere');
    linkSync(path, other);
    const descriptor = openSync(other, 'r');
    holding.push(spawn('sleep', ['600'], { stdio: [descriptor, 'ignore', 'ignore'] }));
    closeSync(descriptor);
    const holders = await findHolders(guid, statSync(path, { bigint: true }));
    expect(holders).toMatchObject([{ pid: holding[0]?.pid }]);
  });

  it('are told apart where many files are asked for together', async () => {
    hold(1);
    const other = join(folder, 'held-by-nobody');
    writeFileSync(other, 'x');
    const asked = [path, other, path].map((file) =>
      findHolders(basename(file), statSync(file, { bigint: true })),
    );
    const holder = [{ pid: holding[0]?.pid }];
    expect(await Promise.all(asked)).toMatchObject([holder, [], holder]);
  });

  it('are those of after the question, not of a walk that began before it', async () => {
    const file = statSync(path, { bigint: true });
    const walks = [findHolders(guid, file)];
    for (let n = 0; n < 5; n += 1) {
      await new Promise((resolve) => setTimeout(resolve, 7));
      hold(1);
      walks.push(findHolders(guid, file));
    }
    const holders = await Promise.all(walks);
    for (const [index, found] of holders.entries())
      expect(found?.length).toBeGreaterThanOrEqual(index);
  });

  it('are never more than evidence can hold, and it says that there may be more', async () => {
    hold(holdersMax + 1);
    const holders = await findHolders(guid, statSync(path, { bigint: true }));
    expect(holders).toHaveLength(holdersMax);
    expect(unnamedHolders(holders)).toHaveLength(1);
  });

  it('are unknown, not none, where processes may not be looked at', async () => {
    const { dev, ino } = statSync(path, { bigint: true });
    const proc = join(folder, 'proc');
    mkdirSync(join(proc, '7'), { recursive: true });
    writeFileSync(join(proc, '7', 'fd'), '');
    expect(await findHolders(guid, { dev, ino }, proc)).toBeNull();
  });

  it('fit into an entry of the log, however long their paths are', () => {
    const longest = {
      pid: 2 ** 22,
      startTime: Number.MAX_SAFE_INTEGER,
      exe: '\u{ffff}'.repeat(1024),
      comm: '\u{ffff}'.repeat(64),
      uid: 2 ** 32,
      gid: 2 ** 32,
      loginuid: 2 ** 32,
      cgroup: '\u{ffff}'.repeat(1024),
      unit: '\u{ffff}'.repeat(256),
      container: '\u{ffff}'.repeat(128),
    };
    const all = Array.from({ length: holdersMax }, () => bounded(longest));
    expect(Buffer.byteLength(JSON.stringify(all))).toBeLessThan(40_000);
    expect(
      bounded({ ...longest, exe: '/bin/cat', cgroup: '/', unit: null, container: null }),
    ).toMatchObject({ exe: '/bin/cat' });
  });
});
