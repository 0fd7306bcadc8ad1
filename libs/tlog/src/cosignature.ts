import { sign } from 'node:crypto';

import { parseCheckpoint } from './checkpoint.ts';
import { TlogError } from './error.ts';
import { isSignedBy, type KeyName, parseSignerKey, parseVerifierKey } from './key.ts';
import { type Signer, type Verifier, verifyNote } from './note.ts';

/** Who has seen the log so far grow consistently, and when. */
export interface Cosignature extends KeyName {
  readonly seconds: number;
}

/** Checks what a witness signs. */
export interface Witness extends Verifier {
  readonly type: 'cosignature';
}

const timeBytes = 8;

/** Checks cosignature/v1 by the witness key in `name+id+key`. */
export function cosignatureVerifier(verifierKey: string): Witness {
  const { name, keyId, publicKey } = parseVerifierKey(verifierKey, 'cosignature');
  return {
    name,
    keyId,
    type: 'cosignature',
    verify(text, signature) {
      const seconds = secondsOf(signature);
      if (seconds === null) return false;
      return isSignedBy(publicKey, messageOf(text, seconds), signature.subarray(timeBytes));
    },
  };
}

/** Makes cosignature/v1 with the key in `PRIVATE+KEY+name+id+key`, for checkpoints only. */
export function cosigner(signerKey: string, nowSeconds: () => number): Signer {
  const { name, keyId, privateKey } = parseSignerKey(signerKey, 'cosignature');
  return {
    name,
    keyId,
    sign(text) {
      parseCheckpoint(text);
      const seconds = nowSeconds();
      if (!Number.isSafeInteger(seconds) || seconds < 0) throw new TlogError('bad-time');
      const time = Buffer.alloc(timeBytes);
      time.writeBigUInt64BE(BigInt(seconds));
      return Buffer.concat([time, sign(null, messageOf(text, seconds), privateKey)]);
    },
  };
}

/** The cosignatures by these witnesses, at least one; how many are enough is the caller's policy. */
export function verifyCosignatures(note: string, witnesses: readonly Witness[]): Cosignature[] {
  return verifyNote(note, witnesses).signatures.map(({ name, keyId, signature }) => ({
    name,
    keyId,
    seconds: secondsOf(signature) as number,
  }));
}

/** C2SP tlog-cosignature: the header separates it from a signature over the text alone. */
function messageOf(text: string, seconds: number): Uint8Array {
  return Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`);
}

/** Null where the signature is too short for a time, or the time lies beyond 2^53 seconds. */
function secondsOf(signature: Uint8Array): number | null {
  if (signature.length < timeBytes) return null;
  const seconds = Number(Buffer.from(signature).readBigUInt64BE(0));
  return Number.isSafeInteger(seconds) ? seconds : null;
}
