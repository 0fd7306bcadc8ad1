import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { SecretRef, Source } from '@vestige/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { efivars } from './efivars.ts';
import { unwatched } from './secret-source.ts';
import { secvar } from './secvar.ts';

const secureBoot = 'SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vestige-variables-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

const secretOf = (kind: Source['kind'], name: string): SecretRef => ({
  source: { kind, path: directory },
  name,
  guid: null,
});

function addSecvar(name: string, size: string): void {
  mkdirSync(join(directory, name));
  writeFileSync(join(directory, name, 'size'), size);
  writeFileSync(join(directory, name, 'data'), Buffer.alloc(4096));
}

describe('secvar', () => {
  it('lists variables with the size that the firmware tells, not that of the file', async () => {
    addSecvar('db', '1234\n');
    addSecvar('PK', 'nonsense');
    writeFileSync(join(directory, 'format'), 'ibm,edk2-compat-v1\n');
    const { condition, items, capabilities } = await secvar(directory).list(unwatched);
    expect(condition).toBe('populated');
    expect(items.map((item) => [item.secret.name, item.dataLength])).toStrictEqual([
      ['PK', null],
      ['db', 1234],
    ]);
    expect(capabilities).toContain('signed-update-only');
    expect(capabilities).not.toContain('per-item-wipe');
  });

  it('is never wiped, and says why', async () => {
    addSecvar('db', '1\n');
    const result = await secvar(directory).wipe(secretOf('secvar', 'db'), unwatched);
    expect(result).toMatchObject({ wiped: false, reason: 'refused' });
    expect(JSON.stringify(result)).toContain('validly signed empty update');
    expect(existsSync(join(directory, 'db', 'data'))).toBe(true);
  });

  it.each([
    ['empty', () => directory],
    ['absent', () => join(directory, 'none')],
  ])('says %s', async (condition, path) => {
    expect((await secvar(path()).list(unwatched)).condition).toBe(condition);
  });
});

describe('efivars', () => {
  it('lists variables by their whole name, without the four bytes of attributes', async () => {
    writeFileSync(join(directory, secureBoot), Buffer.from([6, 0, 0, 0, 1]));
    writeFileSync(join(directory, 'no-variable'), '');
    const { items, capabilities, detail } = await efivars(directory).list(unwatched);
    expect(items).toMatchObject([
      { secret: { name: secureBoot, guid: null }, dataLength: 1, usage: null },
    ]);
    expect(capabilities).toStrictEqual(
      expect.arrayContaining(['persistent', 'world-readable', 'dangerous']),
    );
    expect(detail).toContain('not efivarfs');
  });

  it('is never wiped, and says why', async () => {
    writeFileSync(join(directory, secureBoot), Buffer.from([6, 0, 0, 0, 1]));
    const result = await efivars(directory).wipe(secretOf('efivars', secureBoot), unwatched);
    expect(result).toMatchObject({ wiped: false, reason: 'refused' });
    expect(existsSync(join(directory, secureBoot))).toBe(true);
  });

  it('calls a variable that was never written empty, and a missing directory absent', async () => {
    writeFileSync(join(directory, secureBoot), '');
    expect((await efivars(directory).list(unwatched)).items[0]?.dataLength).toBe(0);
    expect(await efivars(join(directory, 'none')).list(unwatched)).toMatchObject({
      condition: 'absent',
      isComplete: true,
    });
  });

  it('is absent where only the directory to mount on is there', async () => {
    const { condition, detail } = await efivars('/sys/kernel').list(unwatched);
    expect([condition, detail]).toStrictEqual(['absent', 'efivarfs is not mounted here.']);
  });

  it('does not say that what has too odd a name to be told is gone', async () => {
    writeFileSync(join(directory, `a\tb-8be4df61-93ca-11d2-aa0d-00e098032b8c`), '');
    const { items, isComplete } = await efivars(directory).list(unwatched);
    expect([items, isComplete]).toStrictEqual([[], false]);
  });
});
