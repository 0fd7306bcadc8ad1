import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { UsageError } from '../exit-code.ts';
import { writeAll, writeWhole } from './files.ts';

let directory: string;
const at = (name: string) => path.join(directory, name);

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'vestige-files-'));
});
afterEach(() => rm(directory, { recursive: true }));

const write = (isReplaced: boolean, text: string) =>
  writeWhole(at('file'), isReplaced, (handle) => writeAll(handle, Buffer.from(text)));

describe('a file that is written whole', () => {
  it('has its name only when all of it is there', async () => {
    await writeWhole(at('file'), false, async (handle) => {
      await writeAll(handle, Buffer.from('all of it'));
      expect(await readdir(directory)).not.toContain('file');
    });
    expect(await readFile(at('file'), 'utf8')).toBe('all of it');
    expect((await stat(at('file'))).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(['file']);
  });

  it('leaves what was there where writing fails', async () => {
    await write(false, 'before');
    const failing = writeWhole(at('file'), true, async (handle) => {
      await writeAll(handle, Buffer.from('half'));
      throw new Error('no room');
    });
    await expect(failing).rejects.toThrow('no room');
    expect(await readFile(at('file'), 'utf8')).toBe('before');
    expect(await readdir(directory)).toEqual(['file']);
  });

  it('replaces another only where it is told to, also one that came meanwhile', async () => {
    await write(false, 'before');
    await expect(write(false, 'after')).rejects.toBeInstanceOf(UsageError);
    await write(true, 'after');
    expect(await readFile(at('file'), 'utf8')).toBe('after');
    await rm(at('file'));
    const late = writeWhole(at('file'), false, () => writeFile(at('file'), 'another'));
    await expect(late).rejects.toBeInstanceOf(UsageError);
    expect(await readFile(at('file'), 'utf8')).toBe('another');
  });

  it('takes the place of no device', async () => {
    await symlink('/dev/null', at('file'));
    await expect(write(true, 'text')).rejects.toBeInstanceOf(UsageError);
    expect((await stat(at('file'))).isCharacterDevice()).toBe(true);
  });
});
