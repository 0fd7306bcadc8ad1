import { describe, expect, it } from 'vitest';

import { cosignatureVerifier } from './cosignature.ts';
import { generateKeyPair, hexId, isKeyName, parseSignerKey, verifierKeyOf } from './key.ts';
import { noteSigner, noteVerifier, signNote, verifyNote } from './note.ts';
import { codeOf } from './testing/code-of.ts';
import { enochRoot, foo, neumann, witness } from './testing/vectors.ts';

/** The text with each of its characters changed, one at a time. */
function changed(text: string): string[] {
  return Array.from(text, (character, at) => {
    const other = character === 'A' ? 'B' : 'A';
    return text.slice(0, at) + other + text.slice(at + 1);
  });
}

describe('a key', () => {
  it('has the id that the published ones have', () => {
    expect(verifierKeyOf(neumann.signerKey, 'ed25519')).toBe(neumann.verifierKey);
    expect(hexId(noteVerifier(enochRoot.verifierKey).keyId)).toBe('af0cfe78');
    expect(hexId(noteVerifier(foo.verifierKey).keyId)).toBe('530d903a');
    expect(hexId(1)).toBe('00000001');
  });

  it('has another id for cosignatures, so that the two cannot be mixed up', () => {
    const { signerKey, verifierKey } = generateKeyPair(witness.name, witness.seed);
    expect(verifierKeyOf(signerKey, 'cosignature')).toBe(witness.verifierKey);
    expect(verifierKeyOf(signerKey, 'ed25519')).toBe(verifierKey);
    expect(parseSignerKey(signerKey, 'cosignature').keyId).not.toBe(noteSigner(signerKey).keyId);
  });

  it('is new each time it is made', () => {
    const [one, other] = [generateKeyPair('a.example/log'), generateKeyPair('a.example/log')];
    expect(one.signerKey).not.toBe(other.signerKey);
    const note = signNote('text\n', [noteSigner(one.signerKey)]);
    expect(verifyNote(note, [noteVerifier(one.verifierKey)]).text).toBe('text\n');
    expect(codeOf(() => verifyNote(note, [noteVerifier(other.verifierKey)]))).toBe('unsigned');
  });

  // golang/mod, sumdb/note/note_test.go.
  it('is refused where Go refuses it', () => {
    const tooLong = 'PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==';
    const otherAlgorithm = 'PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
    expect(codeOf(() => noteVerifier(tooLong))).toBe('malformed-key');
    expect(codeOf(() => noteVerifier(otherAlgorithm))).toBe('unknown-algorithm');
  });

  it('is refused with any byte changed', () => {
    const refusals = ['malformed-key', 'unknown-algorithm'];
    for (const text of changed(neumann.verifierKey)) {
      expect(refusals).toContain(codeOf(() => noteVerifier(text)));
    }
    for (const text of changed(neumann.signerKey)) {
      expect(refusals).toContain(codeOf(() => noteSigner(text)));
    }
    for (const text of changed(witness.verifierKey)) {
      expect(refusals).toContain(codeOf(() => cosignatureVerifier(text)));
    }
  });

  it('is refused of a wrong length though its id fits', () => {
    // 33 bytes behind the type, and the id computed over them.
    const { verifierKey } = generateKeyPair('a.example/log', Buffer.alloc(32));
    const [name, id] = verifierKey.split('+') as [string, string];
    const long = Buffer.alloc(34, 1).toString('base64');
    expect(codeOf(() => noteVerifier(`${name}+${id}+${long}`))).toBe('malformed-key');
    expect(codeOf(() => noteVerifier(`${name}+${id}+`))).toBe('unknown-algorithm');
    expect(codeOf(() => noteVerifier(`${name}+${id}+A`))).toBe('malformed-key');
    expect(codeOf(() => noteVerifier('x'.repeat(5000)))).toBe('malformed-key');
    expect(codeOf(() => noteVerifier(''))).toBe('malformed-key');
  });

  it('is not made of a bad name or seed', () => {
    for (const name of ['', 'a b', 'a+b', 'a\u00a0b', 'a\u0085b', 'a\nb', 'a\u0001', '\ud800']) {
      expect(isKeyName(name)).toBe(false);
      expect(codeOf(() => generateKeyPair(name))).toBe('malformed-key');
    }
    expect(codeOf(() => generateKeyPair('a', Buffer.alloc(31)))).toBe('malformed-key');
    expect(isKeyName('log.example/42/ü')).toBe(true);
  });

  it('never shows a private key in a refusal', () => {
    const { signerKey } = generateKeyPair('a.example/log');
    const secret = signerKey.split('+').at(-1) as string;
    for (const text of [signerKey.replace('a.', 'b.'), signerKey.replace('PRIVATE', 'private')]) {
      expect(() => noteSigner(text)).toThrow(/^(?!.*\+).*not a signer or verifier key/);
      expect(() => noteSigner(text)).not.toThrow(secret);
    }
  });
});
