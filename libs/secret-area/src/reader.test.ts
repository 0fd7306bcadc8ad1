import { mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { buildTable } from './build.ts';
import { parseTable } from './parse.ts';
import { bufferArea, fileArea } from './reader.ts';
import { numberedGuid, text } from './testing/raw-area.ts';
import { wipeEntry } from './wipe.ts';

const a = { guid: numberedGuid(0xa), data: text('first') };
const b = { guid: numberedGuid(0xb), data: text('second one') };

describe('bufferArea', () => {
  it('gives copies, so that nobody changes the area by accident', async () => {
    const bytes = buildTable([a]);
    const copy = await bufferArea(bytes).read(0, 4);
    copy.fill(0xff);
    expect(bytes[0]).toBe(0x42);
  });

  it('refuses to read or write outside of the area', async () => {
    const area = bufferArea(new Uint8Array(16));
    const outside = { code: 'outside-area' };
    await expect(area.read(-1, 1)).rejects.toMatchObject(outside);
    await expect(area.read(0, -1)).rejects.toMatchObject(outside);
    await expect(area.read(0, 17)).rejects.toMatchObject(outside);
    await expect(area.write(15, new Uint8Array(2))).rejects.toMatchObject(outside);
  });
});

describe('fileArea', () => {
  let directory: string;
  let file: string;

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'secret-area-'));
    file = path.join(directory, 'table.bin');
    await writeFile(file, buildTable([a, b], { areaSize: 4096 }));
  });

  afterEach(() => rm(directory, { recursive: true }));

  it('parses a file as it parses memory', async () => {
    await using handle = await open(file, 'r');
    const fromFile = await parseTable(await fileArea(handle));
    expect(fromFile).toEqual(await parseTable(bufferArea(await readFile(file))));
    expect(fromFile).toMatchObject({ state: 'populated', areaSize: 4096, tableLength: 75 });
  });

  it('wipes an entry in its file and leaves the rest of the file as it was', async () => {
    const expected = await readFile(file);
    expected.fill(0, 20, 36).fill(0, 40, 45);
    {
      await using handle = await open(file, 'r+');
      const report = await wipeEntry(await fileArea(handle), a.guid);
      expect(report).toMatchObject({ outcome: 'wiped', synced: true, readBackZero: true });
    }
    expect(await readFile(file)).toEqual(expected);
  });

  it('leaves the file alone where it may not write', async () => {
    const before = await readFile(file);
    await using handle = await open(file, 'r');
    await expect(wipeEntry(await fileArea(handle), a.guid)).rejects.toMatchObject({
      code: 'EBADF',
    });
    expect(await readFile(file)).toEqual(before);
  });

  it('reports a file that was cut after it was opened', async () => {
    await using handle = await open(file, 'r');
    const area = await fileArea(handle);
    await truncate(file, 30);
    await expect(parseTable(area)).rejects.toMatchObject({ code: 'cut-short', offset: 30 });
  });

  it('refuses to make the file grow', async () => {
    await using handle = await open(file, 'r+');
    const area = await fileArea(handle);
    await expect(area.write(4090, new Uint8Array(7))).rejects.toMatchObject({
      code: 'outside-area',
    });
    await expect(area.read(4090, 7)).rejects.toMatchObject({ code: 'outside-area' });
  });
});
