import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import * as fc from 'fast-check';
import { pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';

import { ArchiveError } from './archive-error.ts';
import { TarReader } from './tar-reader.ts';
import { archived } from './testing/log-double.ts';

async function* inPieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function readAll(bytes: Uint8Array, pieceLength = 1 << 20): Promise<[string, string][]> {
  const tar = new TarReader(inPieces(bytes, pieceLength));
  const files: [string, string][] = [];
  for (let member = await tar.next(); member !== null; member = await tar.next()) {
    files.push([member.name, (await tar.read(member, 4096)).toString()]);
  }
  return files;
}

async function codeOf(work: Promise<unknown>): Promise<string | null> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error !== null && !(error instanceof ArchiveError)) throw error;
  return error?.code ?? null;
}

const files: [string, string][] = [
  ['checkpoint', 'note'],
  ['tile/entries/000.p/2', 'x'.repeat(1000)],
  ['tile/0/000.p/2', ''],
  ['tile/1/000.p/2', 'y'.repeat(512)],
];
const bytesOf = (list: typeof files) =>
  archived(list.map(([name, text]) => [name, Buffer.from(text)] as [string, Uint8Array]));
const honest = await bytesOf(files);

describe('a tar archive', () => {
  it('is read as it was written, in pieces of any length', async () => {
    for (const length of [1, 7, 511, 512, 513, honest.length]) {
      expect(await readAll(honest, length)).toEqual(files);
    }
  });

  it('is read as tar writes it', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'vestige-tar-'));
    try {
      await writeFile(path.join(folder, 'checkpoint'), 'note');
      for (const format of ['ustar', 'gnu']) {
        const bytes = execFileSync('tar', [`--format=${format}`, '-c', 'checkpoint'], {
          cwd: folder,
        });
        expect(await readAll(bytes)).toEqual([['checkpoint', 'note']]);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('shows every altered byte that is not of a file, be it in headers, padding or the end', async () => {
    const isOwn = new Uint8Array(honest.length);
    let start = 0;
    for (const [, { length }] of files) {
      isOwn.fill(1, start + 512, start + 512 + length);
      start += 512 + Math.ceil(length / 512) * 512;
    }
    const unnoticed: number[] = [];
    for (let at = 0; at < honest.length; at += 1) {
      if (isOwn[at] === 1) continue;
      const altered = Buffer.from(honest);
      altered[at] = (altered[at] as number) ^ (1 << (at % 8));
      if ((await codeOf(readAll(altered))) === null) unnoticed.push(at);
    }
    expect(unnoticed).toEqual([]);
  });

  it('shows that it was cut anywhere', async () => {
    const codes = new Set<string | null>();
    for (let length = 0; length < honest.length; length += 1) {
      codes.add(await codeOf(readAll(honest.subarray(0, length))));
    }
    expect([...codes]).toEqual(['cut-archive']);
  });

  it('ends with zeros and nothing else', async () => {
    expect(await readAll(Buffer.concat([honest, Buffer.alloc(9216)]))).toEqual(files);
    const more = Buffer.concat([honest, Buffer.from('more')]);
    expect(await codeOf(readAll(more))).toBe('trailing-bytes');
    expect(await codeOf(readAll(more, 512))).toBe('trailing-bytes');
    expect(await codeOf(readAll(Buffer.concat([honest, honest])))).toBe('trailing-bytes');
  });

  it('holds no file longer than asked for, and takes no memory for one that says it is', async () => {
    expect(await codeOf(readAll(await bytesOf([['checkpoint', 'z'.repeat(4097)]])))).toBe(
      'member-too-long',
    );
    const header = Buffer.from(honest.subarray(0, 512));
    header.write('77777777777\0', 124, 'latin1');
    header.fill(' ', 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    expect(await codeOf(readAll(header))).toBe('member-too-long');
  });

  it('holds plain files with short names', async () => {
    const odd = [
      { name: 'folder', type: 'directory' as const },
      { name: 'link', type: 'symlink' as const, linkname: '/etc/passwd' },
      { name: 'checkpoint', pax: { comment: 'c' } },
      { name: 'é'.repeat(90) },
    ];
    for (const header of odd) {
      const tar = pack();
      tar.entry(header, '');
      tar.finalize();
      const pieces: Uint8Array[] = [];
      for await (const piece of tar) pieces.push(piece);
      expect(await codeOf(readAll(Buffer.concat(pieces)))).toBe('not-an-archive');
    }
  });

  it('is a result or a refusal, whatever the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
        expect(await codeOf(readAll(bytes))).not.toBeNull();
      }),
      { numRuns: 50 },
    );
  });
});
