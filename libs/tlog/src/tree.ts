import { hash } from 'node:crypto';

import { TlogError } from './error.ts';

/** 32 bytes of SHA-256. */
export type Hash = Uint8Array;

/** What a checkpoint says of a log: how many entries, and the hash over them. */
export interface TreeHead {
  readonly size: number;
  readonly root: Hash;
}

export const hashBytes = 32;
/** RFC 6962 section 2.1: sets entries apart from nodes. */
export const leafPrefix = 0x00;

/** RFC 6962 section 2.1: the root of a log without entries, SHA-256 of nothing. */
export function emptyRoot(): Hash {
  return hash('sha256', '', 'buffer');
}

/** RFC 6962 section 2.1: SHA-256(0x00 || entry). */
export function leafHash(entry: Uint8Array): Hash {
  const input = Buffer.allocUnsafe(1 + entry.length);
  input[0] = leafPrefix;
  input.set(entry, 1);
  return Buffer.from(sha256(input), 'latin1');
}

/** A byte a character. Less than half the cost of a buffer, each of which would be memory of its own beside the heap. */
export function sha256(input: Uint8Array): string {
  return hash('sha256', input, 'binary');
}

/** Used again for each node, since hashing is synchronous and keeps nothing of it. */
const nodeInput = Buffer.alloc(1 + 2 * hashBytes, 0x01);

/** RFC 6962 section 2.1: SHA-256(0x01 || left || right). */
export function nodeHash(left: Hash, right: Hash): Hash {
  nodeInput.set(checkHash(left), 1);
  nodeInput.set(checkHash(right), 1 + hashBytes);
  return Buffer.from(sha256(nodeInput), 'latin1');
}

/** A hash of another length could shift bytes between the two sides of a node. */
export function checkHash(bytes: Hash): Hash {
  if (bytes.length !== hashBytes) throw new TlogError('not-a-hash', `${bytes.length} bytes`);
  return bytes;
}

export function checkSize(size: number): number {
  if (!Number.isSafeInteger(size) || size < 0) throw new TlogError('bad-size', String(size));
  return size;
}

export function isEqualHash(one: Hash, other: Hash): boolean {
  return Buffer.compare(checkHash(one), checkHash(other)) === 0;
}

/** The root over a power of two of hashes that lie side by side. */
export function perfectRoot(hashes: Uint8Array): Hash {
  const nodes = Buffer.from(hashes);
  for (let length = nodes.length; length > hashBytes; length /= 2) {
    for (let at = 0; at < length; at += 2 * hashBytes) {
      nodes.copy(nodeInput, 1, at, at + 2 * hashBytes);
      nodes.write(sha256(nodeInput), at / 2, 'latin1');
    }
  }
  // A copy, or each root would keep its whole tile in memory.
  return Buffer.from(nodes.subarray(0, hashBytes));
}

/** The root over perfect subtrees that stand side by side, the largest first. */
export function rootOverPeaks(peaks: readonly Hash[]): Hash {
  return peaks.length === 0
    ? emptyRoot()
    : peaks.reduceRight((right, left) => nodeHash(left, right));
}
