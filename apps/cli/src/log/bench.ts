/**
 * `vestige log verify` of a bundle file, as a ratio to a loop that only reads the file and hashes the same entries; and how
 * its memory grows with the log. A ratio above 1 says that verifying took less time than the loop.
 */
import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  archiveMembers,
  archivePath,
  encodeBundle,
  GrowingTree,
  leafHash,
  noteSigner,
  noteVerifier,
  signCheckpoint,
} from '@vestige/tlog';

import { chunksOf, writeAll } from './files.ts';
import { TarReader } from './tar-reader.ts';
import { archiveStream, entryAt, origin, signerKey, verifierKey } from './testing/log-double.ts';
import { verifyArchive } from './verify-archive.ts';

const entriesTimed = 200_000;
const rounds = 7;
const memorySizes = [50_000, 400_000] as const;
const memoryBytesMax = 32 << 20;
const bundleBytesMax = 256 * 65_537;

function bundle(n: number, width: number): Uint8Array {
  return encodeBundle(Array.from({ length: width }, (_, at) => entryAt(n * 256 + at)));
}

/** The files of a log of this size, made one after the other. */
function* filesOf(size: number): Generator<[string, Uint8Array]> {
  const root = grown(size).root();
  const tree = new GrowingTree();
  for (const member of archiveMembers(0, size)) {
    const name = archivePath(member);
    if (member.kind === 'checkpoint') {
      yield [name, Buffer.from(signCheckpoint({ origin, size, root }, [noteSigner(signerKey)]))];
    } else if (member.kind === 'tile') {
      yield [name, Uint8Array.from(tree.lastTile(member.level))];
    } else {
      yield [name, bundle(member.n, member.width)];
      tree.addBundle(bundle(member.n, member.width), member.width);
    }
  }
}

function grown(size: number): GrowingTree {
  const tree = new GrowingTree();
  for (let n = 0; tree.size < size; n += 1) {
    const width = Math.min(256, size - tree.size);
    tree.addBundle(bundle(n, width), width);
  }
  return tree;
}

async function writeBundle(file: string, size: number): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    for await (const piece of archiveStream(filesOf(size))) await writeAll(handle, piece);
  } finally {
    await handle.close();
  }
}

async function withFile(file: string, use: (chunks: AsyncIterable<Uint8Array>) => Promise<void>) {
  const handle = await open(file, 'r');
  try {
    await use(chunksOf(handle));
  } finally {
    await handle.close();
  }
}

async function verify(file: string): Promise<void> {
  const keys = [noteVerifier(verifierKey)];
  await withFile(file, async (chunks) => {
    await verifyArchive(chunks, { keys });
  });
}

/** The loop: finds each entry in the file and takes its leaf hash. */
function hashOnly(file: string, take: (bytes: Buffer, start: number, end: number) => void) {
  return withFile(file, async (chunks) => {
    const tar = new TarReader(chunks);
    for (let member = await tar.next(); member !== null; member = await tar.next()) {
      const bytes = await tar.read(member, bundleBytesMax);
      if (!member.name.startsWith('tile/entries/')) continue;
      for (let at = 0; at < bytes.length;) {
        const end = at + 2 + bytes.readUInt16BE(at);
        take(bytes, at + 2, end);
        at = end;
      }
    }
  });
}

/** As anybody would write it; and without a copy and a buffer for each, which is as fast as this platform hashes. */
const loops = {
  'a loop of leafHash': {
    min: 0.5,
    take: (bytes: Buffer, start: number, end: number) => {
      leafHash(bytes.subarray(start, end));
    },
  },
  'the fastest loop': {
    min: 0.4,
    take: (bytes: Buffer, start: number, end: number) => {
      bytes[start - 1] = 0;
      hash('sha256', bytes.subarray(start - 1, end), 'binary');
    },
  },
};

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

async function benchSpeed(folder: string): Promise<boolean> {
  const file = path.join(folder, 'timed.tar');
  await writeBundle(file, entriesTimed);
  let isFastEnough = true;
  for (const [name, { min, take }] of Object.entries(loops)) {
    const ratios: number[] = [];
    let best = Infinity;
    for (let round = 0; round < rounds; round += 1) {
      const only = await seconds(() => hashOnly(file, take));
      const verified = await seconds(() => verify(file));
      best = Math.min(best, verified);
      ratios.push(only / verified);
    }
    const ratio = ratios.toSorted((one, other) => one - other)[rounds >> 1] as number;
    isFastEnough &&= ratio >= min;
    const rate = Math.round(entriesTimed / best);
    console.log(
      `verify as against ${name}: ${ratio.toFixed(2)} (at least ${min}), ${rate} entries/s`,
    );
  }
  return isFastEnough;
}

/** Peak memory of a process of its own that verifies and does nothing else. */
function peakBytes(file: string): number {
  const { stdout, status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), file], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error('the verifying process failed');
  return Number(stdout) * 1024;
}

async function benchMemory(folder: string): Promise<boolean> {
  const peaks: number[] = [];
  for (const size of memorySizes) {
    const file = path.join(folder, `${size}.tar`);
    await writeBundle(file, size);
    peaks.push(peakBytes(file));
    await rm(file);
  }
  const [small = 0, large = 0] = peaks;
  console.log(
    `peak memory: ${mebibytes(small)} for ${memorySizes[0]} entries, ${mebibytes(large - small)} more for ${memorySizes[1]} (at most ${mebibytes(memoryBytesMax)})`,
  );
  return large - small <= memoryBytesMax;
}

function mebibytes(bytes: number): string {
  return `${(bytes / (1 << 20)).toFixed(1)} MiB`;
}

async function bench(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'vestige-bench-'));
  try {
    const [isFast, isSmall] = [await benchSpeed(folder), await benchMemory(folder)];
    if (!isFast || !isSmall) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true });
  }
}

const [file] = process.argv.slice(2);
if (file === undefined) await bench();
else {
  await verify(file);
  console.log(process.resourceUsage().maxRSS);
}
