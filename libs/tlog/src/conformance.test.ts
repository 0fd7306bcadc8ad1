import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it, type TestContext } from 'vitest';

import { verifyConsistency } from './consistency.ts';
import { verifyInclusion } from './inclusion.ts';
import { codeOf } from './testing/code-of.ts';

/** transparency-dev/merkle, testdata: kept beside the checkout, not in it. */
const folder = fileURLToPath(new URL('../../../../shared/vectors/rfc6962', import.meta.url));

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

interface SubtreeCase extends Case {
  readonly start: number;
  readonly end: number;
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

describe('the conformance data of transparency-dev/merkle', () => {
  it('has its inclusion proofs accepted and refused as it says', (context) => {
    const cases = casesOf<InclusionCase>('inclusion', context);
    expect(cases).toHaveLength(98);
    for (const [name, one] of cases) {
      expect([name, inclusionCode(one) !== null]).toEqual([name, one.wantErr]);
    }
  });

  it('has its consistency proofs accepted and refused as it says, but for roots that are no hashes', (context) => {
    const cases = casesOf<ConsistencyCase>('consistency', context);
    expect(cases).toHaveLength(98);
    const stricter: string[] = [];
    for (const [name, one] of cases) {
      const code = consistencyCode(one);
      if (code === 'not-a-hash' && !one.wantErr) stricter.push(path.basename(name));
      else expect([name, code !== null]).toEqual([name, one.wantErr]);
    }
    // Its two equal roots are 12 bytes of text. Of 32 bytes they are accepted, in consistency.test.ts.
    expect(stricter).toEqual(['sizes-are-equal-one-and-proof-is-empty.json']);
  });

  // Subtrees with another start are of draft-ietf-plants-merkle-tree-certs: no part of RFC 6962.
  it('has its proofs for subtrees that are whole trees accepted and refused as it says', (context) => {
    const inclusions = casesOf<SubtreeCase & Omit<InclusionCase, 'treeSize'>>(
      'subtreeinclusion',
      context,
    ).filter(([, { start }]) => start === 0);
    expect(inclusions.length).toBeGreaterThan(90);
    for (const [name, one] of inclusions) {
      const code = inclusionCode({ ...one, treeSize: one.end });
      expect([name, code !== null]).toEqual([name, one.wantErr]);
    }
    const consistencies = casesOf<
      SubtreeCase & Omit<ConsistencyCase, 'size1' | 'size2'> & { size: number }
    >('subtreeconsistency', context).filter(([, { start, end }]) => start === 0 && end > 0);
    expect(consistencies.length).toBeGreaterThan(60);
    for (const [name, one] of consistencies) {
      const code = consistencyCode({ ...one, size1: one.end, size2: one.size });
      if (code !== 'not-a-hash') expect([name, code !== null]).toEqual([name, one.wantErr]);
    }
  });
});
