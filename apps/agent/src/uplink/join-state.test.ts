import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { JoinStateFile } from './join-state.ts';

let stateDir: string;
let logged: string[];
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'vestige-join-'));
  logged = [];
});
afterEach(() => rmSync(stateDir, { recursive: true }));

const fileOf = (guest: string | null) =>
  new JoinStateFile(
    stateDir,
    () => guest,
    (line) => logged.push(line),
  );
const path = () => join(stateDir, 'join-state.json');

describe('the join state', () => {
  it('is none until one was given, and from then on the last one, also for the next process', async () => {
    const file = fileOf('guest');
    expect(await file.shown()).toBeNull();
    await file.keep('first');
    await file.keep('second');
    await file.keep(null);
    expect([await file.shown(), await fileOf('guest').shown()]).toStrictEqual(['second', 'second']);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
  });

  it('is on disk before it is shown', async () => {
    const file = fileOf('guest');
    await file.keep('first');
    rmSync(stateDir, { recursive: true });
    await expect(file.keep('second')).rejects.toThrow('ENOENT');
    expect(await file.shown()).toBe('first');
    stateDir = mkdtempSync(join(tmpdir(), 'vestige-join-'));
  });

  it('of another guest is none', async () => {
    await fileOf('guest').keep('first');
    expect(await fileOf('another').shown()).toBeNull();
  });

  it('that is damaged is none, and it is told what follows', async () => {
    for (const text of ['{"guest":"gu', 'null', '{"guest":"guest","joinState":7}']) {
      writeFileSync(path(), text);
      expect(await fileOf('guest').shown()).toBeNull();
    }
    expect(logged).toStrictEqual([expect.stringContaining('damaged')]);
    expect(readdirSync(stateDir)).toStrictEqual(['join-state.json']);
  });
});
