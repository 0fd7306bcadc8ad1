import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it, type TestContext } from 'vitest';

import { verifyConsistency } from './consistency.ts';
import type { TlogErrorCode } from './error.ts';
import { verifyInclusion } from './inclusion.ts';
import { codeOf } from './testing/code-of.ts';

/** transparency-dev/merkle, testdata: kept beside the checkout, not in it. */
const folder = fileURLToPath(new URL('../../../../shared/vectors/rfc6962', import.meta.url));

if (!existsSync(folder)) console.info('skipped: no vectors of RFC 6962 beside this checkout');

interface Case {
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

interface InclusionCase extends Case {
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly leafHash: string;
  readonly root: string;
}

interface ConsistencyCase extends Case {
  readonly size1: number;
  readonly size2: number;
  readonly root1: string;
  readonly root2: string;
}

interface SubtreeInclusionCase extends Omit<InclusionCase, 'treeSize'> {
  readonly start: number;
  readonly end: number;
}

interface SubtreeConsistencyCase extends Omit<ConsistencyCase, 'size1' | 'size2'> {
  readonly start: number;
  readonly end: number;
  readonly size: number;
}

const bytes = (text: string) => Buffer.from(text, 'base64');
const hashes = (proof: readonly string[] | null) => (proof ?? []).map(bytes);

function casesOf<T>(kind: string, context: TestContext): [string, T][] {
  context.skip(!existsSync(folder), 'no shared/vectors/rfc6962 beside the checkout');
  const names = readdirSync(path.join(folder, kind), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.json'))
    .map((name) => [name, JSON.parse(readFileSync(path.join(folder, kind, name), 'utf8')) as T]);
}

function inclusionCode({ proof, leafHash, leafIdx, treeSize, root }: InclusionCase) {
  const head = { size: treeSize, root: bytes(root) };
  return codeOf(() => verifyInclusion(hashes(proof), bytes(leafHash), leafIdx, head));
}

function consistencyCode({ proof, size1, size2, root1, root2 }: ConsistencyCase) {
  const older = { size: size1, root: bytes(root1) };
  const newer = { size: size2, root: bytes(root2) };
  return codeOf(() => verifyConsistency(hashes(proof), older, newer));
}

/** The cases that are accepted against `wantErr`, or refused. */
function disagreements<T extends Case>(
  cases: readonly [string, T][],
  codeFor: (one: T) => TlogErrorCode | null,
): string[] {
  return cases
    .filter(([, one]) => (codeFor(one) !== null) !== one.wantErr)
    .map(([name, one]) => `${path.basename(name)}: ${codeFor(one)}`);
}

/** Its two equal roots are 12 bytes of text; a root of 32 bytes is accepted, in consistency.test.ts. */
const stricter = ['sizes-are-equal-one-and-proof-is-empty.json: not-a-hash'];

describe('the conformance data of transparency-dev/merkle', () => {
  it('has its inclusion proofs accepted and refused as it says', (context) => {
    const cases = casesOf<InclusionCase>('inclusion', context);
    expect(cases).toHaveLength(98);
    expect(disagreements(cases, inclusionCode)).toEqual([]);
  });

  it('has its consistency proofs accepted and refused as it says, but for a root that is no hash', (context) => {
    const cases = casesOf<ConsistencyCase>('consistency', context);
    expect(cases).toHaveLength(98);
    expect(disagreements(cases, consistencyCode)).toEqual(stricter);
  });

  // Subtrees with another start are of draft-ietf-plants-merkle-tree-certs: no part of RFC 6962.
  it('has its inclusion proofs for subtrees that are whole trees accepted and refused as it says', (context) => {
    const cases = casesOf<SubtreeInclusionCase>('subtreeinclusion', context);
    const whole = cases.filter(([, { start }]) => start === 0);
    expect(whole).toHaveLength(101);
    const code = (one: SubtreeInclusionCase) => inclusionCode({ ...one, treeSize: one.end });
    expect(disagreements(whole, code)).toEqual([]);
  });

  it('has its consistency proofs for subtrees that are older trees accepted and refused as it says', (context) => {
    const cases = casesOf<SubtreeConsistencyCase>('subtreeconsistency', context);
    const older = cases.filter(([, { start, end }]) => start === 0 && end > 0);
    expect(older).toHaveLength(91);
    const code = (one: SubtreeConsistencyCase) =>
      consistencyCode({ ...one, size1: one.end, size2: one.size });
    expect(disagreements(older, code)).toEqual(stricter);
  });
});
