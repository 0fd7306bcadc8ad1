/** What the tree and its tiles cost, as multiples of hashing the same leaves and nothing else. */
import { randomBytes } from 'node:crypto';

import { encodeBundle } from './bundle.ts';
import { proveConsistency } from './consistency.ts';
import { extendTiles } from './extend-tiles.ts';
import { GrowingTree } from './growing-tree.ts';
import { proveInclusion, verifyInclusion } from './inclusion.ts';
import { generateKeyPair } from './key.ts';
import { noteSigner, noteVerifier, signNote, verifyNote } from './note.ts';
import { type ReadTile, rootFromTiles } from './tile-reader.ts';
import { type Hash, leafHash, type TreeHead } from './tree.ts';
import { EntriesVerifier, verifyEntries } from './verify-entries.ts';

const size = 200_000;
const rounds = 5;
const entries = Array.from({ length: size }, () => randomBytes(300));
const leaves = entries.map(leafHash);

/** Nanoseconds of one call in the best round: noise only ever adds. */
function cost(calls: number, work: () => unknown): number {
  let best = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const start = process.hrtime.bigint();
    work();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / calls);
  }
  return best;
}

function buildRoot(): Hash {
  const tree = new GrowingTree();
  for (const leaf of leaves) tree.add(leaf);
  return tree.root();
}

function buildTiles(batch: number): ReadTile {
  const tiles = new Map<string, Uint8Array>();
  const read: ReadTile = (level, n) => tiles.get(`${level}/${n}`) ?? null;
  for (let at = 0; at < size; at += batch) {
    for (const { level, n, hashes } of extendTiles(at, leaves.slice(at, at + batch), read)) {
      tiles.set(`${level}/${n}`, hashes);
    }
  }
  return read;
}

function benchTree(): void {
  const hashing = cost(size, () => entries.forEach((entry) => leafHash(entry)));
  const report = (what: string, nanoseconds: number) =>
    console.log(
      `${what}: ${Math.round(1e9 / nanoseconds)}/s, ${(nanoseconds / hashing).toFixed(2)} x hashing`,
    );
  report('leaves hashed, entries of 300 bytes', hashing);
  report('leaves to a root', cost(size, buildRoot));
  const head = { size, root: buildRoot() };
  report(
    'entries verified',
    cost(size, () => verifyEntries(entries, head)),
  );
  report('entries verified, in bundles', costOfBundles(head));
  for (const batch of [size, 1000, 100, 1]) {
    report(
      `leaves into tiles, ${batch} at a time`,
      cost(size, () => buildTiles(batch)),
    );
  }
}

/** The bundles are made anew for each round: verifying overwrites the lengths in them. */
function costOfBundles(head: TreeHead): number {
  let best = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const bundles: Uint8Array[] = [];
    for (let at = 0; at < size; at += 256) bundles.push(encodeBundle(entries.slice(at, at + 256)));
    const start = process.hrtime.bigint();
    const verifier = new EntriesVerifier(head);
    for (const bundle of bundles) verifier.takeBundle(bundle, Math.min(256, size - verifier.size));
    verifier.finish();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / size);
  }
  return best;
}

function each(work: () => unknown): string {
  const calls = 500;
  const best = cost(calls, () => {
    for (let call = 0; call < calls; call += 1) work();
  });
  return `${(best / 1000).toFixed(0)} us`;
}

function benchProofs(): void {
  const read = buildTiles(size);
  const head = { size, root: rootFromTiles(size, read) };
  const index = 123_456;
  const proof = proveInclusion(index, size, read);
  const leaf = leaves[index] as Hash;
  const { signerKey, verifierKey } = generateKeyPair('bench.example/log');
  const [signer, verifier] = [noteSigner(signerKey), noteVerifier(verifierKey)];
  const note = signNote('text\n', [signer]);
  console.log(`inclusion proved: ${each(() => proveInclusion(index, size, read))}`);
  console.log(`inclusion verified: ${each(() => verifyInclusion(proof, leaf, index, head))}`);
  console.log(`consistency proved: ${each(() => proveConsistency(index, size, read))}`);
  console.log(`root from tiles: ${each(() => rootFromTiles(size, read))}`);
  console.log(`note signed: ${each(() => signNote('text\n', [signer]))}`);
  console.log(`note verified: ${each(() => verifyNote(note, [verifier]))}`);
}

benchTree();
benchProofs();
