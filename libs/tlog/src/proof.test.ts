import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { signCheckpoint } from './checkpoint.ts';
import { proveInclusion } from './inclusion.ts';
import { generateKeyPair } from './key.ts';
import { noteSigner, noteVerifier } from './note.ts';
import { formatProof, parseProof, verifyProof } from './proof.ts';
import { codeOf } from './testing/code-of.ts';
import { entryOf } from './testing/reference-tree.ts';
import { storeOf } from './testing/tile-store.ts';
import { rootFromTiles } from './tile-reader.ts';

const origin = 'log.example/1';
const { signerKey, verifierKey } = generateKeyPair(origin, Buffer.alloc(32, 3));
const log = { origin, keys: [noteVerifier(verifierKey)] };
const size = 700;
const store = storeOf(size);
const root = rootFromTiles(size, store.read);
const checkpoint = signCheckpoint({ origin, size, root }, [noteSigner(signerKey)]);

function proofOf(index: number, extra?: Uint8Array): string {
  const hashes = proveInclusion(index, size, store.read);
  return formatProof({ index, hashes, checkpoint, ...(extra === undefined ? {} : { extra }) });
}

describe('a tlog-proof', () => {
  it('is written as C2SP says', () => {
    const hashes = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const lines = [
      'c2sp.org/tlog-proof@v1',
      'extra ZXh0cmE=',
      'index 2',
      'AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=',
      'AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=',
      '',
      checkpoint,
    ];
    const proof = { index: 2, hashes, checkpoint, extra: Buffer.from('extra') };
    expect(formatProof(proof)).toBe(lines.join('\n'));
    expect(parseProof(lines.join('\n'))).toEqual(proof);
    const { extra: _, ...bare } = proof;
    expect(formatProof(bare)).toBe(lines.toSpliced(1, 1).join('\n'));
    expect(parseProof(lines.toSpliced(1, 1).join('\n'))).toEqual(bare);
  });

  it('shows offline that an entry is in the log', () => {
    for (const index of [0, 1, 255, 256, 511, 512, 699]) {
      expect(verifyProof(proofOf(index), entryOf(index), log)).toEqual({ origin, size, root });
    }
    const alone = signCheckpoint({ origin, size: 1, root: rootFromTiles(1, store.read) }, [
      noteSigner(signerKey),
    ]);
    const single = formatProof({ index: 0, hashes: [], checkpoint: alone });
    expect(verifyProof(single, entryOf(0), log).size).toBe(1);
  });

  it('shows nothing of another entry, or of another log', () => {
    const proof = proofOf(5);
    expect(codeOf(() => verifyProof(proof, entryOf(6), log))).toBe('proof-mismatch');
    const other = { ...log, origin: 'log.example/2' };
    expect(codeOf(() => verifyProof(proof, entryOf(5), other))).toBe('wrong-origin');
    const stranger = noteVerifier(generateKeyPair(origin).verifierKey);
    const keys = { ...log, keys: [stranger] };
    expect(codeOf(() => verifyProof(proof, entryOf(5), keys))).toBe('unsigned');
    const beyond = proof.replace('index 5', 'index 700');
    expect(codeOf(() => verifyProof(beyond, entryOf(5), log))).toBe('bad-index');
  });

  it('does not verify with any bit flipped', () => {
    const bytes = Buffer.from(proofOf(300));
    fc.assert(
      fc.property(fc.nat({ max: bytes.length * 8 - 1 }), (bit) => {
        const flipped = Buffer.from(bytes);
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(codeOf(() => verifyProof(flipped.toString(), entryOf(300), log))).not.toBeNull();
      }),
      { numRuns: 200 },
    );
  });

  it('is refused in any other form', () => {
    const proof = proofOf(5);
    const hash = `${Buffer.alloc(32).toString('base64')}\n`;
    for (const text of [
      '',
      '\n\n',
      'c2sp.org/tlog-proof@v1',
      'c2sp.org/tlog-proof@v1\n\n',
      proof.replace('@v1', '@v2'),
      proof.replace('index 5', 'index 05'),
      proof.replace('index 5', 'index'),
      proof.replace('index 5', 'index -5'),
      proof.replace('index 5\n', ''),
      proof.replace('index 5', 'extra !\nindex 5'),
      proof.replace('index 5', 'extra AA==\nextra AA==\nindex 5'),
      proof.replace('index 5', `extra ${'AAAA'.repeat(30_000)}\nindex 5`),
      proof.replace('index 5\n', 'index 5\nAAAA\n'),
      proof.replace('index 5\n', 'index 5\n?\n'),
      proof.replace('index 5\n', `index 5\n${hash.repeat(64)}`),
      'x'.repeat(500_000),
    ]) {
      expect([text, codeOf(() => parseProof(text))]).toEqual([text, 'malformed-proof']);
    }
    expect(parseProof(proof.replace('index 5', 'extra \nindex 5')).extra).toHaveLength(0);
  });

  it('is not written of what could not be read back', () => {
    const proof = { index: 0, hashes: [], checkpoint };
    const code = (change: object) => codeOf(() => formatProof({ ...proof, ...change }));
    expect(code({ index: -1 })).toBe('bad-size');
    expect(code({ hashes: [Buffer.alloc(3)] })).toBe('not-a-hash');
    expect(code({ hashes: Array.from({ length: 64 }, () => root) })).toBe('malformed-proof');
    expect(code({ extra: Buffer.alloc(65_537) })).toBe('malformed-proof');
  });
});
