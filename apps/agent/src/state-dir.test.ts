import { chmodSync, chownSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openStateDir } from './state-dir.ts';

let base: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'vestige-state-'));
});

afterEach(() => rmSync(base, { recursive: true }));

describe('the state directory', () => {
  it('is made for its owner alone', async () => {
    await openStateDir(join(base, 'a', 'b'));
    expect(statSync(join(base, 'a', 'b')).mode & 0o777).toBe(0o700);
  });

  it.each([0o777, 0o1777, 0o770])('is refused where others may write it (%o)', async (mode) => {
    chmodSync(base, mode);
    await expect(openStateDir(base)).rejects.toThrow('chmod go-w');
  });

  it.runIf(process.getuid?.() === 0)('is refused where it belongs to another user', async () => {
    chownSync(base, 65534, 65534);
    await expect(openStateDir(base)).rejects.toThrow('belongs to another user');
  });
});
