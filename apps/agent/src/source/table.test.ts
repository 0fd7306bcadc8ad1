import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { SecretRef } from '@vestige/contract';
import { buildTable } from '@vestige/secret-area';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type Listing, unwatched, type WipeResult } from './secret-source.ts';
import { table } from './table.ts';

const diskKey = '736869e5-84f0-4973-92ec-06879ce3da0b';
const bundle = 'e6f5a162-d67f-4750-a67c-5d065f2a9910';
const secret = Buffer.from('correct horse battery staple');

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vestige-table-'));
  path = join(directory, 'area.bin');
  const entries = [diskKey, bundle].map((guid) => ({ guid, data: secret }));
  writeFileSync(path, buildTable(entries, { areaSize: 4096 }));
});

afterEach(() => rmSync(directory, { recursive: true }));

const list = (): Promise<Listing> => table(path).list(unwatched);

function wipe(name: string): Promise<WipeResult> {
  const ref: SecretRef = { source: { kind: 'table', path }, name, guid: name };
  return table(path).wipe(ref, unwatched);
}

describe('listing a table image', () => {
  it('lists live entries with their length', async () => {
    const { condition, items, detail } = await list();
    expect(condition).toBe('populated');
    expect(detail).toBe('');
    expect(items.map((item) => [item.secret.guid, item.dataLength])).toStrictEqual([
      [diskKey, 28],
      [bundle, 28],
    ]);
  });

  it.each([
    ['empty', 'of an area that nobody filled', Buffer.alloc(4096)],
    ['empty', 'of a table without entries', Buffer.from(buildTable([]))],
    ['corrupt', 'of a file too small for a header', Buffer.alloc(4)],
  ])('says %s %s', async (condition, _, bytes) => {
    writeFileSync(path, bytes);
    expect((await list()).condition).toBe(condition);
  });

  it('still lists what is before the damage of a corrupt table', async () => {
    const bytes = readFileSync(path);
    bytes.writeUInt32LE(7, 20 + 48 + 16);
    writeFileSync(path, bytes);
    const { condition, items, detail } = await list();
    expect(condition).toBe('corrupt');
    expect(items).toHaveLength(1);
    expect(detail).toContain('Offset 68');
  });

  it('says that a directory is not a regular file', async () => {
    rmSync(path);
    mkdirSync(path);
    const detail = 'This is not a regular file.';
    expect(await list()).toMatchObject({ condition: 'absent', detail });
  });

  it('says no more of an area with another header than that it holds no secret table', async () => {
    writeFileSync(path, Buffer.alloc(4096, 7));
    const { condition, detail } = await list();
    expect(condition).toBe('empty');
    expect(detail).toContain('no secret table here');
    expect(detail).not.toContain('Nobody');
  });

  it('calls a missing image absent', async () => {
    rmSync(path);
    expect((await list()).condition).toBe('absent');
  });

  it('gives another fingerprint after a change', async () => {
    const before = await table(path).fingerprint();
    await wipe(diskKey);
    expect(await table(path).fingerprint()).not.toBe(before);
  });
});

describe('wiping an entry', () => {
  it('zeroes this entry alone and keeps its length', async () => {
    const before = readFileSync(path);
    expect(await wipe(diskKey)).toMatchObject({
      wiped: true,
      evidence: {
        technique: 'table-zero',
        bytesOverwritten: 16 + 28,
        synced: true,
        verification: { nameGone: true, readBackZero: true, holders: [], result: 'pass' },
      },
    });
    const after = readFileSync(path);
    const expected = Buffer.from(before);
    expected.fill(0, 20, 36);
    expected.fill(0, 40, 68);
    expect(after).toStrictEqual(expected);
  });

  it('says that an entry which is not there is already gone', async () => {
    await wipe(diskKey);
    expect(await wipe(diskKey)).toMatchObject({ wiped: false, reason: 'already-gone' });
  });

  it('says that it cannot know of an entry behind damage', async () => {
    const bytes = readFileSync(path);
    bytes.writeUInt32LE(7, 20 + 16);
    writeFileSync(path, bytes);
    expect(await wipe(bundle)).toMatchObject({ wiped: false, reason: 'io-error' });
  });
});
