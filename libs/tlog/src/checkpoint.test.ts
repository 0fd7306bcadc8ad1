import { describe, expect, it } from 'vitest';

import { formatCheckpoint, openCheckpoint, parseCheckpoint, signCheckpoint } from './checkpoint.ts';
import { cosigner } from './cosignature.ts';
import { generateKeyPair } from './key.ts';
import { noteSigner, noteVerifier, signNote } from './note.ts';
import { codeOf } from './testing/code-of.ts';
import { sofa } from './testing/vectors.ts';

const origin = 'log.example/1';
const [old, next] = [generateKeyPair(origin), generateKeyPair(origin)];
const checkpoint = { origin, size: 3, root: Buffer.alloc(32, 9) };

const codeWith = (change: object) => codeOf(() => formatCheckpoint({ ...checkpoint, ...change }));

describe('a checkpoint', () => {
  it('is read and written as C2SP shows it', () => {
    const read = parseCheckpoint(sofa);
    expect(read).toMatchObject({ origin: 'example.com/behind-the-sofa', size: 20_852_163 });
    expect(formatCheckpoint(read)).toBe(sofa);
  });

  it('may have further lines, which mean nothing', () => {
    expect(parseCheckpoint(`${sofa}more\n`)).toEqual(parseCheckpoint(sofa));
  });

  it('is refused in any other form', () => {
    for (const text of [
      '',
      '\n\n\n',
      sofa.slice(0, -1),
      `${sofa}\n`,
      `${sofa}more`,
      `${sofa}more\n\nmore\n`,
      `\n${sofa}`,
      sofa.replace('example.com/behind-the-sofa', ''),
      sofa.replace('20852163', '020852163'),
      sofa.replace('20852163', '+20852163'),
      sofa.replace('20852163', '-1'),
      sofa.replace('20852163', ''),
      sofa.replace('20852163', '9007199254740992'),
      sofa.replace('20852163', '99999999999999999999'),
      sofa.replace('xq2I=', 'xq2I'),
      sofa.replace('xq2I=', 'xq2J='),
      sofa.replace('CsUY', ''),
    ]) {
      expect([text, codeOf(() => parseCheckpoint(text))]).toEqual([text, 'malformed-checkpoint']);
    }
  });

  it('is not written of what could not be read back', () => {
    expect(codeWith({ origin: 'a\n5' })).toBe('malformed-checkpoint');
    expect(codeWith({ origin: '' })).toBe('malformed-checkpoint');
    expect(codeWith({ size: -1 })).toBe('bad-size');
    expect(codeWith({ root: Buffer.alloc(31) })).toBe('not-a-hash');
  });

  it('signed by the old and the new key opens with either', () => {
    const note = signCheckpoint(checkpoint, [
      noteSigner(old.signerKey),
      noteSigner(next.signerKey),
    ]);
    for (const { verifierKey } of [old, next]) {
      expect(openCheckpoint(note, origin, [noteVerifier(verifierKey)])).toEqual(checkpoint);
    }
  });

  it('does not open for another log, without its key, or by a witness alone', () => {
    const keys = [noteVerifier(old.verifierKey)];
    const note = signCheckpoint(checkpoint, [noteSigner(old.signerKey)]);
    expect(codeOf(() => openCheckpoint(note, 'log.example/2', keys))).toBe('wrong-origin');
    expect(codeOf(() => openCheckpoint(note, origin, []))).toBe('unsigned');
    const witnessed = signCheckpoint(checkpoint, [cosigner(old.signerKey, () => 1)]);
    expect(codeOf(() => openCheckpoint(witnessed, origin, keys))).toBe('unsigned');
    const other = signNote('no checkpoint\n', [noteSigner(old.signerKey)]);
    expect(codeOf(() => openCheckpoint(other, origin, keys))).toBe('malformed-checkpoint');
  });
});
