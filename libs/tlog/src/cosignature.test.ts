import { describe, expect, it } from 'vitest';

import { cosignatureVerifier, cosigner, verifyCosignatures } from './cosignature.ts';
import { generateKeyPair, verifierKeyOf } from './key.ts';
import { noteSigner, noteVerifier, signatureLine, signNote } from './note.ts';
import { codeOf } from './testing/code-of.ts';
import { neumann, sofa, witness } from './testing/vectors.ts';

const { signerKey } = generateKeyPair(witness.name, witness.seed);
const verifier = cosignatureVerifier(witness.verifierKey);
const note = `${sofa}\n${witness.line}`;

const codeAt = (seconds: number) => codeOf(() => cosigner(signerKey, () => seconds).sign(sofa));

describe('a cosignature', () => {
  it('is made and checked as cosignature/v1', () => {
    expect(signNote(sofa, [cosigner(signerKey, () => witness.seconds)])).toBe(note);
    const { name, keyId } = verifier;
    expect(verifyCosignatures(note, [verifier])).toEqual([
      { name, keyId, seconds: witness.seconds },
    ]);
  });

  it('stands under the signature of the log', () => {
    const logNote = signNote(sofa, [noteSigner(neumann.signerKey)]);
    expect(verifyCosignatures(logNote + witness.line, [verifier])).toHaveLength(1);
    expect(codeOf(() => verifyCosignatures(logNote, [verifier]))).toBe('unsigned');
  });

  it('covers its time and the whole checkpoint', () => {
    const signature = Buffer.from(witness.line.split(' ')[2] as string, 'base64').subarray(4);
    for (const at of [0, 7, 8, 71]) {
      const altered = Buffer.from(signature);
      altered[at] = (altered[at] as number) ^ 1;
      expect(verifier.verify(sofa, altered)).toBe(false);
    }
    expect(verifier.verify(sofa, signature)).toBe(true);
    expect(verifier.verify(sofa.replace('2085', '2086'), signature)).toBe(false);
    for (const length of [0, 7, 8, 71]) {
      expect(verifier.verify(sofa, signature.subarray(0, length))).toBe(false);
    }
    const short = signatureLine({ ...verifier, signature: signature.subarray(0, 5) });
    expect(codeOf(() => verifyCosignatures(note + short, [verifier]))).toBe('bad-signature');
  });

  it('is of another kind than a signature over the text', () => {
    expect(codeOf(() => noteVerifier(witness.verifierKey))).toBe('unknown-algorithm');
    expect(codeOf(() => cosignatureVerifier(neumann.verifierKey))).toBe('unknown-algorithm');
    const plain = noteVerifier(verifierKeyOf(signerKey, 'ed25519'));
    expect(plain.keyId).not.toBe(verifier.keyId);
  });

  it('is made for checkpoints only, at a time in whole seconds', () => {
    expect([0, -1, 0.5, 2 ** 53].map(codeAt)).toEqual([null, 'bad-time', 'bad-time', 'bad-time']);
    const witnessSigner = cosigner(signerKey, () => 1);
    expect(codeOf(() => witnessSigner.sign('no checkpoint\n'))).toBe('malformed-checkpoint');
  });
});
