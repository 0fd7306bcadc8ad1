import { noteVerifier, TlogError } from '@vestige/tlog';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ArchiveError } from './archive-error.ts';
import { openSigned } from './keys.ts';
import { archiveStream, archived, LogDouble, logOf, verifierKey } from './testing/log-double.ts';
import { verifyArchive, type Demands } from './verify-archive.ts';

const keys = [noteVerifier(verifierKey)];
const sizeMax = 70_000;
/** Short entries, of which some are empty: what is signed are bytes. */
const long = new LogDouble(
  Array.from({ length: sizeMax }, (_, at) => Buffer.from(at % 9 === 0 ? '' : `entry ${at}`)),
);

const chunked = async function* chunked(bytes: Uint8Array) {
  yield Buffer.from(bytes);
};

async function codeOf(bytes: Uint8Array, demands: Demands = { keys }): Promise<string | null> {
  const error = await verifyArchive(chunked(bytes), demands).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error === null) return null;
  if (error instanceof ArchiveError || error instanceof TlogError) return error.code;
  throw error;
}

describe('an honest bundle', () => {
  const edges = [1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 65_792, 65_793];

  it('verifies at the sizes where tiles become full', async () => {
    for (const size of edges) {
      const { checkpoint, from } = await verifyArchive(archiveStream(long.files(0, size)), {
        keys,
      });
      expect([checkpoint.size, from]).toEqual([size, 0]);
    }
  }, 20_000);

  it('verifies at any size, from any multiple of 256 on', async () => {
    const sizes = fc.oneof(fc.constantFrom(...edges), fc.integer({ min: 1, max: sizeMax }));
    const bundles = sizes.chain((size) =>
      fc.tuple(fc.constant(size), fc.nat({ max: Math.floor((size - 1) / 256) })),
    );
    await fc.assert(
      fc.asyncProperty(bundles, async ([size, first]) => {
        const archive = archiveStream(long.files(first * 256, size));
        const verified = await verifyArchive(archive, { keys });
        expect([verified.checkpoint.size, verified.from]).toEqual([size, first * 256]);
      }),
      { numRuns: 25 },
    );
  }, 20_000);

  it('verifies while it holds nothing', async () => {
    const empty = new LogDouble([]);
    const verified = await verifyArchive(archiveStream(empty.files(0, 0)), { keys });
    expect(verified).toMatchObject({ from: 0, checkpoint: { size: 0 }, firstRecorded: null });
  });

  it('tells when its first and its last entry were recorded, and how far it is', async () => {
    const seen: number[][] = [];
    const progress = (done: number, all: number) => seen.push([done, all]);
    const verified = await verifyArchive(archiveStream(logOf(600).files(256, 600)), {
      keys,
      progress,
    });
    expect(verified).toMatchObject({
      firstRecorded: '2026-11-26T10:00:16.100Z',
      lastRecorded: '2026-11-26T10:00:59.100Z',
    });
    expect(seen).toEqual([
      [256, 344],
      [344, 344],
    ]);
  });
});

/** A bundle in which one file is this long. */
function stretched(wanted: string, length: number): Promise<Buffer> {
  const files = [...long.files(256, 300)];
  return archived(
    files.map(([name, bytes]) => [name, name === wanted ? Buffer.alloc(length) : bytes]),
  );
}

describe('a bundle that was tampered with', () => {
  it('does not verify with any byte altered', async () => {
    const small = new LogDouble(['a', '', 'ccc'].map((text) => Buffer.from(text)));
    const honest = await archived(small.files(0, 3));
    const unnoticed: number[] = [];
    // Padding and headers are mostly zeros, of which the reader's own test alters each.
    const places = [...honest.keys()].filter((at) => honest[at] !== 0 || at % 16 === 0);
    for (const at of places) {
      const altered = Buffer.from(honest);
      altered[at] = (altered[at] as number) ^ (1 + ((at * 37) % 255));
      if ((await codeOf(altered)) === null) unnoticed.push(at);
    }
    expect(unnoticed).toEqual([]);
  }, 20_000);

  it('does not verify with any byte altered, where it has many tiles', async () => {
    const honest = await archived(long.files(66_048, 66_400));
    const places = fc.tuple(fc.nat({ max: honest.length - 1 }), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(places, async ([at, change]) => {
        const altered = Buffer.from(honest);
        altered[at] = (altered[at] as number) ^ change;
        expect(await codeOf(altered)).not.toBeNull();
      }),
      { numRuns: 200 },
    );
  });

  it('does not verify cut anywhere', async () => {
    const honest = await archived(long.files(256, 900));
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: honest.length - 1 }), async (length) => {
        expect(await codeOf(honest.subarray(0, length))).toBe('cut-archive');
      }),
      { numRuns: 100 },
    );
  });

  it('does not verify with a file more, less, twice, renamed or in another place', async () => {
    const files = [...long.files(256, 900)];
    const isRefused = async (list: typeof files) =>
      expect(await codeOf(await archived(list))).not.toBeNull();
    expect(await codeOf(await archived(files))).toBeNull();
    for (const [at, file] of files.entries()) {
      await isRefused(files.toSpliced(at, 1));
      await isRefused(files.toSpliced(at, 0, file));
      await isRefused(files.toSpliced(at, 0, ['README', Buffer.from('hello')]));
      await isRefused(files.with(at, [`${file[0]}0`, file[1]]));
      await isRefused(files.with(at, [file[0], Buffer.concat([file[1], Buffer.alloc(32)])]));
      if (at > 0) await isRefused(files.toSpliced(at - 1, 2, file, files[at - 1] as typeof file));
    }
  });

  it('does not verify with the files of another log of the same size', async () => {
    const other = new LogDouble(Array.from({ length: 300 }, (_, at) => Buffer.from(`other ${at}`)));
    const [checkpoint] = [...long.files(0, 300)] as [[string, Uint8Array]];
    const forged = [checkpoint, ...[...other.files(0, 300)].slice(1)];
    expect(await codeOf(await archived(forged))).toBe('root-mismatch');
  });

  it('says which tile does not hold the hashes of its entries', async () => {
    const files = [...long.files(0, 300)];
    const forged = files.map(([name, bytes]): [string, Uint8Array] =>
      name === 'tile/1/000.p/1' ? [name, Buffer.alloc(32)] : [name, bytes],
    );
    expect(await codeOf(await archived(forged))).toBe('tile-mismatch');
  });

  it('keeps no file that is longer than its kind may be', async () => {
    expect(await codeOf(await stretched('checkpoint', 4097))).toBe('member-too-long');
    expect(await codeOf(await stretched('tile/1/000.p/1', 8193))).toBe('member-too-long');
    expect(await codeOf(await stretched('tile/entries/001.p/44', 44 * 65_537 + 1))).toBe(
      'member-too-long',
    );
  });
});

describe('the key', () => {
  it('must be the one that signed', async () => {
    const honest = await archived(long.files(0, 3));
    const stranger = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
    expect(await codeOf(honest, { keys: [noteVerifier(stranger)] })).toBe('wrong-origin');
    expect(await codeOf(honest, { keys: [noteVerifier(stranger), ...keys] })).toBeNull();
  });
});

function signedAt(log: LogDouble, size: number) {
  return openSigned(log.checkpoint(size), keys);
}

describe('an earlier checkpoint', () => {
  it('is continued at any size that the bundle has entries after', async () => {
    const honest = await archived(long.files(256, 900));
    for (const size of [256, 257, 512, 700, 899, 900]) {
      expect(await codeOf(honest, { keys, since: signedAt(long, size) })).toBeNull();
    }
    expect(await codeOf(honest, { keys, since: signedAt(long, 255) })).toBe('begins-later');
    expect(await codeOf(honest, { keys, since: signedAt(long, 901) })).toBe('not-continued');
  });

  it('of another history is not continued', async () => {
    const honest = await archived(long.files(0, 900));
    expect(await codeOf(honest, { keys, since: signedAt(logOf(700), 700) })).toBe('not-continued');
  });
});
