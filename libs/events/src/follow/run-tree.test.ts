import {
  edgeTiles,
  emptyRoot,
  generateKeyPair,
  noteSigner,
  noteVerifier,
  openCheckpoint,
  signCheckpoint,
  tilePath,
  tileWidth,
  type TreeHead,
  verifyEntries,
} from '@vestige/tlog';
import { afterEach, describe, expect, it } from 'vitest';

import type { Log } from '../log.ts';
import { fact } from '../testing/guest-story.ts';
import { openTestLog } from '../testing/test-log.ts';
import type { Signing } from './tree.ts';

const origin = 'log.example/test';
const { signerKey, verifierKey } = generateKeyPair(origin);
const sign = (head: TreeHead) => signCheckpoint({ origin, ...head }, [noteSigner(signerKey)]);
const signing: Signing = { signedSize: () => 0, sign };

let log: Log;
afterEach(() => log.close());

async function append(count: number): Promise<void> {
  await log.store.append(
    Array.from({ length: count }, () => fact('service.stopped', 'service', {})),
  );
}

/** What was signed once the log had so many entries; the entries lead to it, and to what the tiles say of earlier sizes. */
async function verified(size: number, earlier: readonly number[] = []): Promise<void> {
  await expect.poll(() => log.tree.newest?.size).toBe(size);
  const head = openCheckpoint(log.tree.newest!.note, origin, [noteVerifier(verifierKey)]);
  const heads = await Promise.all(
    earlier.map(async (at): Promise<TreeHead> => ({ size: at, root: await log.tree.rootAt(at) })),
  );
  verifyEntries(await log.store.entries(0, size), head, heads);
}

/** Every tile that a log of this size has, by its path. */
async function tiles(size: number): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (let level = 0; 256 ** level <= size; level += 1)
    for (let n = 0; tileWidth(level, n, size) > 0; n += 1) {
      const width = tileWidth(level, n, size);
      const hashes = (await log.tree.tile(level, n))!.subarray(0, width * 32);
      found[tilePath({ level, n, width })] = Buffer.from(hashes).toString('hex');
    }
  return found;
}

describe('the tree', () => {
  it('has the root of the entries, however they came in', async () => {
    log = await openTestLog({ signing });
    let size = 0;
    for (const count of [1, 2, 252, 1, 1, 300, 1100]) {
      await append(count);
      size += count;
      await verified(size);
    }
    await expect(verified(size, [1, 255, 256, 257, 557, 1000])).resolves.toBeUndefined();
  });

  it('is made by nobody’s signature where nothing may be signed', async () => {
    let maySign = false;
    log = await openTestLog({
      signing: { signedSize: () => 0, sign: (head) => (maySign ? sign(head) : null) },
    });
    await append(3);
    await log.tree.covers(3);
    expect(log.tree.newest).toBeNull();
    maySign = true;
    await append(1);
    await verified(4);
  });

  it('is the same when it is made anew, and while that is done', async () => {
    log = await openTestLog({ signing });
    await append(700);
    await log.tree.covers(700);
    const lived = await tiles(700);
    const progress: number[] = [];
    const rebuilt = log.followers.rebuild('tree', (position) => progress.push(position));
    expect(await tiles(700)).toEqual(lived);
    await rebuilt;
    expect(await tiles(700)).toEqual(lived);
    expect(progress.at(-1)).toBe(700);
    await append(5);
    await verified(705);
  });

  it('needs no more than its edge to go on', async () => {
    log = await openTestLog({ signing });
    await append(600);
    await log.tree.covers(600);
    expect(edgeTiles(600).map(tilePath)).toEqual(['tile/1/000.p/2', 'tile/0/002.p/88']);
    expect(Object.keys(await tiles(600))).toHaveLength(4);
  });

  it('tells the signer what it says of what was signed before', async () => {
    const roots = new Map<number, Uint8Array>([[0, emptyRoot()]]);
    const told: [number, Uint8Array][] = [];
    log = await openTestLog({
      signing: {
        signedSize: () => Math.max(...roots.keys()),
        sign: (head, signedSize, signedRoot) => {
          told.push([signedSize, signedRoot]);
          roots.set(head.size, head.root);
          return sign(head);
        },
      },
    });
    let size = 0;
    for (const count of [3, 300, 1, 700]) {
      await append(count);
      size += count;
      await verified(size);
    }
    expect(told.length).toBeGreaterThanOrEqual(4);
    for (const [signedSize, root] of told)
      expect(Buffer.from(root)).toEqual(Buffer.from(roots.get(signedSize)!));
  });

  it('tells each checkpoint to whoever listens, never one of less', async () => {
    log = await openTestLog({ signing });
    const sizes: number[] = [];
    log.tree.checkpoint.subscribe((head) => head !== null && sizes.push(head.size));
    for (let round = 1; round <= 5; round += 1) {
      await append(10);
      await verified(round * 10);
    }
    expect(sizes.at(-1)).toBe(50);
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  });
});
