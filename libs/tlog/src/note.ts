import { sign } from 'node:crypto';

import { decodeBase64, encodeBase64 } from './base64.ts';
import { TlogError } from './error.ts';
import {
  hexId,
  isKeyName,
  isSignedBy,
  type KeyName,
  type KeyType,
  parseSignerKey,
  parseVerifierKey,
} from './key.ts';

/** One line under a note; `signature` is what follows the key's id. */
export interface NoteSignature extends KeyName {
  readonly signature: Uint8Array;
}

/** A text, its last newline included, and what is signed under it. Nobody has checked it yet. */
export interface Note {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface Verifier extends KeyName {
  readonly type: KeyType;
  verify(text: string, signature: Uint8Array): boolean;
}

/** Checks what a log itself signs. */
export interface LogKey extends Verifier {
  readonly type: 'ed25519';
}

export interface Signer extends KeyName {
  sign(text: string): Uint8Array;
}

/** Room for the 16 signatures that C2SP asks for at least, were each a post-quantum one of 5 kB. */
export const noteCharactersMax = 262_144;
export const signaturesMax = 64;
const keyIdBytes = 4;
/** C2SP signed-note: UTF-8 without ASCII control characters but newline. A lone surrogate has no UTF-8. */
const forbidden = /[^\n\u0020-\ud7ff\ue000-\u{10ffff}]/u;

/** Splits a note into text and signatures and checks its form, not its signatures. */
export function parseNote(note: string): Note {
  if (note.length > noteCharactersMax) throw new TlogError('malformed-note', 'too long');
  if (forbidden.test(note)) throw new TlogError('malformed-note', 'control character');
  // The text may have empty lines of its own: the last one ends it.
  const split = note.lastIndexOf('\n\n');
  if (split === -1 || !note.endsWith('\n')) throw new TlogError('malformed-note');
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > signaturesMax) throw new TlogError('malformed-note', 'too many signatures');
  return { text: note.slice(0, split + 1), signatures: lines.map(parseSignature) };
}

/**
 * The note, with those of its signatures that are by these keys. Signatures by other keys are ignored,
 * a wrong one by one of these keys rejects the note, and so does it if there is none.
 */
export function verifyNote(note: string, verifiers: readonly Verifier[]): Note {
  const { text, signatures } = parseNote(note);
  const known = signatures.filter((line) => {
    const claimed = verifiers.filter(
      ({ name, keyId }) => name === line.name && keyId === line.keyId,
    );
    // Two keys may collide in name and id; a signature that is not by both is then not clearly by one.
    const isWrong = claimed.some((verifier) => !verifier.verify(text, line.signature));
    if (isWrong) throw new TlogError('bad-signature', `${line.name}+${hexId(line.keyId)}`);
    return claimed.length > 0;
  });
  if (known.length === 0) throw new TlogError('unsigned');
  return { text, signatures: known };
}

/** Signs a text, which ends in a newline; `signatures` are kept above the new ones. */
export function signNote(
  text: string,
  signers: readonly Signer[],
  signatures: readonly NoteSignature[] = [],
): string {
  if (!text.endsWith('\n')) throw new TlogError('malformed-note', 'no newline at its end');
  const made = signers.map((signer) => ({ ...nameOf(signer), signature: signer.sign(text) }));
  const note = `${text}\n${[...signatures, ...made].map(signatureLine).join('')}`;
  parseNote(note);
  return note;
}

/** The line, with its newline, that stands under a note. */
export function signatureLine({ name, keyId, signature }: NoteSignature): string {
  const id = Buffer.alloc(keyIdBytes);
  id.writeUInt32BE(keyId);
  return `\u2014 ${name} ${encodeBase64(Buffer.concat([id, signature]))}\n`;
}

/** Checks Ed25519 signatures over a note's text by the key in `name+id+key`. */
export function noteVerifier(verifierKey: string): LogKey {
  const { name, keyId, publicKey } = parseVerifierKey(verifierKey, 'ed25519');
  return {
    name,
    keyId,
    type: 'ed25519',
    verify: (text, signature) => isSignedBy(publicKey, Buffer.from(text), signature),
  };
}

/** Makes Ed25519 signatures with the key in `PRIVATE+KEY+name+id+key`. */
export function noteSigner(signerKey: string): Signer {
  const { name, keyId, privateKey } = parseSignerKey(signerKey, 'ed25519');
  return { name, keyId, sign: (text) => sign(null, Buffer.from(text), privateKey) };
}

function nameOf({ name, keyId }: KeyName): KeyName {
  return { name, keyId };
}

function parseSignature(line: string): NoteSignature {
  const [, name = '', encoded = ''] = /^\u2014 ([^ ]+) ([^ ]+)$/.exec(line) ?? [];
  const bytes = decodeBase64(encoded);
  if (!isKeyName(name) || bytes === null || bytes.length <= keyIdBytes) {
    throw new TlogError('malformed-note', 'signature line');
  }
  const keyId = Buffer.from(bytes).readUInt32BE(0);
  return { name, keyId, signature: bytes.subarray(keyIdBytes) };
}
