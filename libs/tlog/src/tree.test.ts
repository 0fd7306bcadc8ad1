import { describe, expect, it } from 'vitest';

import { codeOf } from './testing/code-of.ts';
import { leavesOf, referenceRoot } from './testing/reference-tree.ts';
import { roots } from './testing/vectors.ts';
import { checkSize, emptyRoot, isEqualHash, leafHash, nodeHash, perfectRoot } from './tree.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('the hasher of RFC 6962', () => {
  // transparency-dev/merkle, rfc6962/rfc6962_test.go.
  it('hashes as transparency-dev/merkle does', () => {
    expect(hex(emptyRoot())).toBe(hex(roots[0] as Buffer));
    expect(hex(leafHash(Buffer.of()))).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    );
    expect(hex(leafHash(Buffer.from('L123456')))).toBe(
      '395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56',
    );
  });

  // golang/mod, sumdb/tlog/tlog_test.go.
  it('hashes a leaf as Go does', () => {
    const hash = Buffer.from(leafHash(Buffer.from('hello world')));
    expect(hash.toString('base64')).toBe('TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=');
  });

  // transparency-dev/merkle, rfc6962/rfc6962_test.go. Its inputs are 4 bytes, which no node of SHA-256 has: the
  // reference takes them, and agrees with nodeHash on real ones.
  const nodeInputs = [Buffer.from('N123'), Buffer.from('N456')] as const;
  it('sets nodes apart from leaves', () => {
    expect(hex(referenceRoot(nodeInputs))).toBe(
      'aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb',
    );
    const [left, right] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    expect(hex(nodeHash(left, right))).toBe(hex(referenceRoot([left, right])));
    expect(hex(nodeHash(left, right))).not.toBe(hex(leafHash(Buffer.concat([left, right]))));
  });

  it('makes no node of hashes of another length', () => {
    const hash = Buffer.alloc(32);
    expect(codeOf(() => nodeHash(...nodeInputs))).toBe('not-a-hash');
    expect(codeOf(() => nodeHash(hash, Buffer.alloc(31)))).toBe('not-a-hash');
    expect(codeOf(() => nodeHash(Buffer.alloc(33), hash))).toBe('not-a-hash');
    expect(codeOf(() => isEqualHash(hash, Buffer.alloc(0)))).toBe('not-a-hash');
  });
});

describe('perfectRoot', () => {
  it('is the root over a power of two of hashes, and leaves them as they were', () => {
    for (let count = 1; count <= 256; count *= 2) {
      const leaves = leavesOf(0, count);
      const together = Buffer.concat(leaves);
      expect(hex(perfectRoot(together))).toBe(hex(referenceRoot(leaves)));
      expect(together.equals(Buffer.concat(leaves))).toBe(true);
    }
  });
});

describe('checkSize', () => {
  it('refuses what cannot count entries exactly', () => {
    for (const size of [-1, 1.5, 2 ** 53, Number.NaN, Infinity]) {
      expect(codeOf(() => checkSize(size))).toBe('bad-size');
    }
    expect(checkSize(2 ** 53 - 1)).toBe(2 ** 53 - 1);
  });
});
