import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { buildArchive } from './archive.ts';

const seconds = 1_700_000_000;
const files = [
  { path: 'package/script', bytes: Buffer.from('#!/bin/sh\n'), isProgram: true },
  { path: 'package/a/block', bytes: Buffer.alloc(512, 7), isProgram: false },
  { path: 'package/empty', bytes: Buffer.alloc(0), isProgram: false },
];

describe('buildArchive', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vestige-archive-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is unpacked by tar, with bytes, modes and times', () => {
    const archive = join(folder, 'archive.tar.gz');
    writeFileSync(archive, buildArchive(files, seconds));
    execFileSync('tar', ['-xzf', archive, '-C', folder]);
    for (const { path, bytes, isProgram } of files) {
      expect(readFileSync(join(folder, path))).toEqual(bytes);
      const { mode, mtimeMs } = statSync(join(folder, path));
      expect([mode & 0o777, mtimeMs]).toEqual([isProgram ? 0o755 : 0o644, seconds * 1000]);
    }
  });

  it('is the same in whatever order the files come', () => {
    const archive = buildArchive(files, seconds);
    expect(buildArchive(files.toReversed(), seconds)).toEqual(archive);
    expect(archive.subarray(4, 8)).toEqual(Buffer.alloc(4));
  });

  it('refuses a name that the format has no room for', () => {
    const path = 'p'.repeat(101);
    expect(() =>
      buildArchive([{ path, bytes: Buffer.alloc(0), isProgram: false }], seconds),
    ).toThrow('does not fit');
  });
});
