import { createHash } from 'node:crypto';

import { leafHash } from '../tree.ts';

/** Entry `index` of a log for tests. */
export function entryOf(index: number): Uint8Array {
  return Buffer.from(`entry ${index}`);
}

/** The leaf hashes of a log for tests, from one index up to another. */
export function leavesOf(start: number, end: number): Uint8Array[] {
  return Array.from({ length: end - start }, (_, at) => leafHash(entryOf(start + at)));
}

/** MTH as RFC 6962 section 2.1 words it, over leaf hashes: slow, and shares no code with what is tested. */
export function referenceRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves;
  if (only === undefined) return createHash('sha256').digest();
  if (leaves.length === 1) return only;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return createHash('sha256')
    .update(Buffer.of(1))
    .update(referenceRoot(leaves.slice(0, split)))
    .update(referenceRoot(leaves.slice(split)))
    .digest();
}
