import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import {
  type FileHandle,
  mkdtemp,
  open,
  readFile,
  rm,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { buildTable } from './build.ts';
import { chunkBytes } from './layout.ts';
import { parseTable } from './parse.ts';
import { type AreaWriter, blockingFileArea, bufferArea, fileArea } from './reader.ts';
import { numberedGuid, text } from './testing/raw-area.ts';
import { verifyTable } from './verify.ts';
import { wipeAll, wipeEntry } from './wipe.ts';

const a = { guid: numberedGuid(0xa), data: text('first') };
const b = { guid: numberedGuid(0xb), data: text('second one') };

/** A disk of 64 KiB can be had as root only, and in a container not always. */
const small = canMount();
if (!small) console.info('skipped: full and read-only disks need the right to mount a tmpfs');

function canMount(): boolean {
  const folder = mkdtempSync(path.join(tmpdir(), 'secret-area-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'none', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(folder);
  }
}

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
  it('reads without a promise only in the pages that the last promise brought in', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'secret-area-'));
    const file = path.join(directory, 'table.bin');
    try {
      await writeFile(file, new Uint8Array(3 * 4096).fill(7));
      await using handle = await open(file, 'r+');
      const area = await fileArea(handle);
      const own = new Uint8Array(20);
      expect(area.readCached?.(4096, own)).toBe(false);
      await area.read(5000, 20);
      expect(area.readCached?.(4090, own)).toBe(false);
      expect(area.readCached?.(8180, own)).toBe(false);
      expect(own).toEqual(new Uint8Array(20));
      expect(area.readCached?.(8172, own)).toBe(true);
      expect(own).toEqual(new Uint8Array(20).fill(7));
      await area.write(0, new Uint8Array(20));
      expect(area.readCached?.(0, own)).toBe(true);
      expect(own).toEqual(new Uint8Array(20));
      expect(() => area.readCached?.(3 * 4096, own)).toThrow('outside of the area');
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('reads much by a promise, also where it is in memory', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'secret-area-'));
    const file = path.join(directory, 'table.bin');
    try {
      await writeFile(file, new Uint8Array(100_000).fill(7));
      await using handle = await open(file, 'r');
      const area = await fileArea(handle);
      const own = new Uint8Array(100_000);
      await area.read(0, own.length);
      expect(area.readCached?.(0, own)).toBe(false);
      await area.readInto?.(0, own);
      expect(own.every((byte) => byte === 7)).toBe(true);
      await expect(area.readInto?.(1, own)).rejects.toMatchObject({ code: 'outside-area' });
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe.each([
  ['fileArea', (handle: FileHandle) => fileArea(handle)],
  ['blockingFileArea', async (handle: FileHandle) => blockingFileArea(handle.fd)],
])('%s', (_name, areaOf) => {
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
    const fromFile = await parseTable(await areaOf(handle));
    expect(fromFile).toEqual(await parseTable(bufferArea(await readFile(file))));
    expect(fromFile).toMatchObject({ state: 'populated', areaSize: 4096, tableLength: 75 });
  });

  it('wipes an entry in its file and leaves the rest of the file as it was', async () => {
    const expected = await readFile(file);
    expected.fill(0, 20, 36).fill(0, 40, 45);
    {
      await using handle = await open(file, 'r+');
      const report = await wipeEntry(await areaOf(handle), a.guid);
      expect(report).toMatchObject({ outcome: 'wiped', synced: true, readBackZero: true });
    }
    expect(await readFile(file)).toEqual(expected);
  });

  it('wipes entries that are larger than the pieces that it reads back', async () => {
    const data = new Uint8Array(chunkBytes + 100).fill(0x73);
    await writeFile(file, buildTable([a, { guid: b.guid, data }]));
    await using handle = await open(file, 'r+');
    const area = await areaOf(handle);
    expect(await wipeAll(area)).toMatchObject({ outcome: 'wiped', readBackZero: true });
    expect(await verifyTable(area, { gone: 'all' })).toMatchObject({ verified: true });
  });

  it('leaves the file alone where it may not write', async () => {
    const before = await readFile(file);
    await using handle = await open(file, 'r');
    await expect(wipeEntry(await areaOf(handle), a.guid)).rejects.toMatchObject({
      code: 'EBADF',
    });
    expect(await readFile(file)).toEqual(before);
  });

  it('reports a file that was cut after it was opened', async () => {
    await using handle = await open(file, 'r');
    const area = await areaOf(handle);
    await truncate(file, 30);
    await expect(parseTable(area)).rejects.toMatchObject({ code: 'cut-short', offset: 30 });
  });

  it('refuses to make the file grow', async () => {
    await using handle = await open(file, 'r+');
    const area = await areaOf(handle);
    await expect(area.write(4090, new Uint8Array(7))).rejects.toMatchObject({
      code: 'outside-area',
    });
    await expect(area.read(4090, 7)).rejects.toMatchObject({ code: 'outside-area' });
  });

  it('reads and wipes a file that somebody unlinks meanwhile', async () => {
    await using handle = await open(file, 'r+');
    const area = await areaOf(handle);
    await unlink(file);
    expect(await wipeAll(area)).toMatchObject({ outcome: 'wiped', readBackZero: true });
    expect(await verifyTable(area, { gone: 'all' })).toMatchObject({ verified: true });
  });

  it('refuses a directory and a device', async () => {
    for (const other of [directory, '/dev/null']) {
      await using handle = await open(other, 'r');
      await expect(areaOf(handle)).rejects.toMatchObject({ code: 'not-a-file' });
    }
  });

  it('takes an empty file for an area that is too small', async () => {
    await truncate(file, 0);
    await using handle = await open(file, 'r');
    expect(await parseTable(await areaOf(handle))).toMatchObject({
      state: 'corrupt',
      diagnostics: [{ code: 'area-too-small' }],
    });
  });

  it('reports a file that is cut while it is wiped, and does not make it grow again', async () => {
    await using handle = await open(file, 'r+');
    const area = await areaOf(handle);
    const cutting: AreaWriter = {
      size: area.size,
      read: (offset, length) => area.read(offset, length),
      write: (offset, bytes) => area.write(offset, bytes),
      async sync() {
        await truncate(file, 42);
        await area.sync();
      },
    };
    await expect(wipeAll(cutting)).rejects.toMatchObject({ code: 'cut-short', offset: 42 });
    expect((await readFile(file)).length).toBe(42);
  });

  it.runIf(process.getuid?.() === 0)('cannot be opened where it is unreadable', async () => {
    await writeFile(file, '', { mode: 0o600 });
    const opened = await asNobody(() => open(file, 'r').catch((error: unknown) => error));
    expect(opened).toMatchObject({ code: 'EACCES' });
  });

  it.runIf(small)('wipes in place on a full disk, and keeps the GUID where it cannot', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', directory]);
    try {
      await wipeOnFullDisk(directory, file, areaOf);
      execFileSync('mount', ['-o', 'remount,ro', directory]);
      await expect(open(file, 'r+')).rejects.toMatchObject({ code: 'EROFS' });
    } finally {
      execFileSync('umount', ['-l', directory]);
    }
  });
});

/** The group of the process stays: a file of mode 0600 is what keeps the others out. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

async function wipeOnFullDisk(
  directory: string,
  file: string,
  areaOf: (handle: FileHandle) => Promise<AreaWriter>,
): Promise<void> {
  const image = buildTable([a, { guid: b.guid, data: new Uint8Array(30_000) }]);
  await writeFile(file, image);
  await using handle = await open(file, 'r+');
  await fillUp(directory);
  expect(await wipeEntry(await areaOf(handle), a.guid)).toMatchObject({ readBackZero: true });
  // A hole has no blocks of its own: overwriting it needs some.
  await punchHole(handle, image);
  await fillUp(directory);
  await expect(wipeEntry(await areaOf(handle), b.guid)).rejects.toMatchObject({ code: 'ENOSPC' });
  expect((await parseTable(await areaOf(handle))).kernelView.visible).toEqual([b.guid]);
}

async function fillUp(folder: string): Promise<void> {
  const one = new Uint8Array(1024);
  await using filler = await open(path.join(folder, 'filler'), 'a');
  for (;;) {
    const failed = await filler.write(one).then(
      () => false,
      () => true,
    );
    if (failed) return;
  }
}

/** Leaves the first page, which has both headers, and no block behind it. */
async function punchHole(handle: FileHandle, image: Uint8Array): Promise<void> {
  await handle.truncate(4096);
  await handle.truncate(image.length);
}
