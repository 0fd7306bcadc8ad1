import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { generateKeyPair } from './key.ts';
import {
  noteCharactersMax,
  noteSigner,
  noteVerifier,
  parseNote,
  signatureLine,
  signaturesMax,
  signNote,
  verifyNote,
} from './note.ts';
import { codeOf } from './testing/code-of.ts';
import { enochRoot, foo, neumann } from './testing/vectors.ts';

const peter = noteVerifier(neumann.verifierKey);
const enoch = noteVerifier(enochRoot.verifierKey);
const peterNote = `${neumann.text}\n${neumann.line}`;
const bothNote = `${peterNote}${enochRoot.line}`;

describe('a signed note', () => {
  it('by a published key verifies', () => {
    expect(verifyNote(peterNote, [peter])).toMatchObject({
      text: neumann.text,
      signatures: [{ name: 'PeterNeumann', keyId: 0xc7_4f_20_a3 }],
    });
    expect(verifyNote(bothNote, [peter, enoch]).signatures).toHaveLength(2);
    expect(verifyNote(`${foo.text}\n${foo.line}`, [noteVerifier(foo.verifierKey)]).text).toBe(
      foo.text,
    );
  });

  it('is made byte for byte as Go makes it', () => {
    expect(signNote(neumann.text, [noteSigner(neumann.signerKey)])).toBe(peterNote);
    expect(parseNote(bothNote).signatures.map(signatureLine).join('')).toBe(
      neumann.line + enochRoot.line,
    );
    const { signatures } = parseNote(`${neumann.text}\n${enochRoot.line}`);
    expect(signNote(neumann.text, [noteSigner(neumann.signerKey)], signatures)).toBe(
      `${neumann.text}\n${enochRoot.line}${neumann.line}`,
    );
  });

  it('counts known keys only, and is nothing without one', () => {
    expect(verifyNote(bothNote, [enoch]).signatures.map(({ name }) => name)).toEqual(['EnochRoot']);
    expect(codeOf(() => verifyNote(peterNote, [enoch]))).toBe('unsigned');
    expect(codeOf(() => verifyNote(peterNote, []))).toBe('unsigned');
  });

  it('ignores a signature that shares the name or the id of a known key, but not both', () => {
    const namesake = generateKeyPair('PeterNeumann', Buffer.alloc(32, 5));
    const note = signNote(neumann.text, [noteSigner(namesake.signerKey)]);
    expect(codeOf(() => verifyNote(note, [peter]))).toBe('unsigned');
    const renamed = bothNote.replace('EnochRoot', 'EnochRoots');
    expect(verifyNote(renamed, [peter, enoch]).signatures).toHaveLength(1);
  });

  it('is rejected whole for one wrong signature of a known key', () => {
    const wrong = bothNote.replace('rwz+eBzm', 'rwz+eBzn');
    expect(codeOf(() => verifyNote(wrong, [peter, enoch]))).toBe('bad-signature');
    expect(verifyNote(wrong, [peter]).signatures).toHaveLength(1);
    const cut = signatureLine({ name: peter.name, keyId: peter.keyId, signature: Buffer.alloc(9) });
    expect(codeOf(() => verifyNote(`${peterNote}${cut}`, [peter]))).toBe('bad-signature');
    // Two keys of the same name and id: a signature is by both or by none.
    const collision = { ...enoch, verify: () => false };
    expect(codeOf(() => verifyNote(bothNote, [enoch, collision]))).toBe('bad-signature');
  });

  it('does not verify with any bit of it flipped', () => {
    const bytes = Buffer.from(peterNote);
    fc.assert(
      fc.property(fc.nat({ max: bytes.length * 8 - 1 }), (bit) => {
        const flipped = Buffer.from(bytes);
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
        const code = codeOf(() => verifyNote(flipped.toString('utf8'), [peter]));
        expect(['malformed-note', 'bad-signature', 'unsigned']).toContain(code);
      }),
    );
  });

  it('is split at the last empty line', () => {
    const signer = noteSigner(neumann.signerKey);
    for (const text of ['a\n\nb\n', 'a\n\n', '\n', peterNote]) {
      expect(verifyNote(signNote(text, [signer]), [peter]).text).toBe(text);
    }
  });

  it('takes 16 signatures and more, up to a bound', () => {
    const signers = Array.from({ length: signaturesMax }, (_, at) =>
      noteSigner(generateKeyPair(`k${at}`).signerKey),
    );
    expect(parseNote(signNote('a\n', signers.slice(0, 16))).signatures).toHaveLength(16);
    const full = signNote('a\n', signers);
    expect(parseNote(full).signatures).toHaveLength(signaturesMax);
    expect(codeOf(() => parseNote(full + neumann.line))).toBe('malformed-note');
    const long = `${'a'.repeat(noteCharactersMax)}\n\n${neumann.line}`;
    expect(codeOf(() => parseNote(long))).toBe('malformed-note');
  });

  it('takes 16 signatures of the size of post-quantum ones', () => {
    const line = signatureLine({ name: 'k', keyId: 1, signature: Buffer.alloc(5000) });
    expect(parseNote(`a\n\n${line.repeat(16)}`).signatures).toHaveLength(16);
  });

  it('is refused in any other form', () => {
    for (const note of [
      '',
      'a\n',
      'a\n\n',
      'a\n\n\n',
      'a\n\nb\n',
      peterNote.slice(0, -1),
      peterNote.replace('\n\n', '\n'),
      peterNote.replace('— ', '- '),
      peterNote.replace('— ', '—'),
      peterNote.replace('PeterNeumann ', 'PeterNeumann  '),
      peterNote.replace('PeterNeumann ', 'Peter+Neumann '),
      peterNote.replace('PeterNeumann ', 'Peter\u00a0Neumann '),
      peterNote.replace('JnAM=', 'JnAN='),
      peterNote.replace('JnAM=', 'JnAM'),
      peterNote.replace('JnAM=', 'JnA*='),
      peterNote.replace('your', 'yo\tur'),
      peterNote.replace('your', 'yo\rur'),
      peterNote.replace('your', 'yo\u0000ur'),
      peterNote.replace('your', 'yo\ud800ur'),
      'a\n\n— k AAAAAQ==\n',
      `${peterNote}\n`,
    ]) {
      expect([note, codeOf(() => parseNote(note))]).toEqual([note, 'malformed-note']);
    }
  });

  it('is not made of a text that could not be read back', () => {
    const signers = [noteSigner(neumann.signerKey)];
    for (const text of ['', 'a', 'a\tb\n', 'a\ud800\n']) {
      expect(codeOf(() => signNote(text, signers))).toBe('malformed-note');
    }
    expect(codeOf(() => signNote('a\n', []))).toBe('malformed-note');
  });

  it('is a result or a refusal, whatever the text', () => {
    const pieces = fc.constantFrom('a', '\n', '\n\n', '— ', 'k ', 'AAAA', '=', '\t', neumann.line);
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        expect([null, 'malformed-note']).toContain(codeOf(() => parseNote(parts.join(''))));
      }),
    );
  });
});
