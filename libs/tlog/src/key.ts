import {
  createPrivateKey,
  createPublicKey,
  hash,
  type KeyObject,
  randomBytes,
  verify,
} from 'node:crypto';

import { decodeBase64, encodeBase64 } from './base64.ts';
import { TlogError } from './error.ts';

/** C2SP signed-note, signature types: over the text itself, or a witness's with its time. */
export const keyTypes = { ed25519: 0x01, cosignature: 0x04 } as const;

export type KeyType = keyof typeof keyTypes;

/** Name and id together say which key a signature is by. The id is short: it identifies, it proves nothing. */
export interface KeyName {
  readonly name: string;
  readonly keyId: number;
}

export interface VerifierKey extends KeyName {
  readonly publicKey: KeyObject;
}

export interface SignerKey extends KeyName {
  readonly privateKey: KeyObject;
}

/** A signer key to be kept secret, and the verifier key to be given to everybody, as the lines that are stored. */
export interface KeyPair {
  readonly signerKey: string;
  readonly verifierKey: string;
}

const rawKeyBytes = 32;
const signatureBytes = 64;
const keyTextMax = 1024;
const signerPrefix = 'PRIVATE+KEY+';
/** RFC 8410: what stands before the 32 bytes of an Ed25519 key in DER. */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Makes a new Ed25519 key of this name. */
export function generateKeyPair(
  name: string,
  seed: Uint8Array = randomBytes(rawKeyBytes),
): KeyPair {
  if (!isKeyName(name) || seed.length !== rawKeyBytes) throw new TlogError('malformed-key');
  const publicKey = rawPublicKey(privateKeyOf(seed));
  const key = Buffer.concat([Buffer.of(keyTypes.ed25519), seed]);
  const id = hexId(keyIdOf(name, 'ed25519', publicKey));
  return {
    signerKey: `${signerPrefix}${name}+${id}+${encodeBase64(key)}`,
    verifierKey: formatVerifierKey(name, 'ed25519', publicKey),
  };
}

/** The verifier key to a signer key: of its signatures, or of the cosignatures that it makes. */
export function verifierKeyOf(signerKey: string, type: KeyType): string {
  const { name, privateKey } = parseSignerKey(signerKey, type);
  return formatVerifierKey(name, type, rawPublicKey(privateKey));
}

/** Reads `name+id+key` for signatures of one type and refuses a key of another. */
export function parseVerifierKey(text: string, type: KeyType): VerifierKey {
  const { name, keyId, key } = parseKey(text, type);
  if (keyIdOf(name, type, key) !== keyId) throw new TlogError('malformed-key');
  return { name, keyId, publicKey: publicKeyOf(key) };
}

/** Reads `PRIVATE+KEY+name+id+key` for making signatures of one type: the same seed serves for cosignatures. */
export function parseSignerKey(text: string, type: KeyType): SignerKey {
  if (!text.startsWith(signerPrefix)) throw new TlogError('malformed-key');
  const { name, keyId, key } = parseKey(text.slice(signerPrefix.length), 'ed25519');
  const privateKey = privateKeyOf(key);
  const publicKey = rawPublicKey(privateKey);
  if (keyIdOf(name, 'ed25519', publicKey) !== keyId) throw new TlogError('malformed-key');
  return { name, keyId: keyIdOf(name, type, publicKey), privateKey };
}

/** C2SP signed-note: key names are not empty and contain neither Unicode spaces nor plus. */
export function isKeyName(name: string): boolean {
  return /^[^\s\u0085+\p{Cc}\p{Surrogate}]+$/u.test(name);
}

export function hexId(keyId: number): string {
  return keyId.toString(16).padStart(8, '0');
}

/** RFC 8032. A signature of another length is a wrong one. */
export function isSignedBy(publicKey: KeyObject, message: Uint8Array, signature: Uint8Array) {
  return signature.length === signatureBytes && verify(null, message, publicKey, signature);
}

function formatVerifierKey(name: string, type: KeyType, publicKey: Uint8Array): string {
  const key = Buffer.concat([Buffer.of(keyTypes[type]), publicKey]);
  return `${name}+${hexId(keyIdOf(name, type, publicKey))}+${encodeBase64(key)}`;
}

/** C2SP signed-note: SHA-256(name || 0x0A || type || public key), the first four bytes. */
function keyIdOf(name: string, type: KeyType, publicKey: Uint8Array): number {
  const named = Buffer.from(`${name}\n`);
  const input = Buffer.concat([named, Buffer.of(keyTypes[type]), publicKey]);
  return hash('sha256', input, 'buffer').readUInt32BE(0);
}

function parseKey(text: string, type: KeyType): KeyName & { readonly key: Uint8Array } {
  if (text.length > keyTextMax) throw new TlogError('malformed-key');
  // The base64 may contain a plus, name and id may not.
  const [, name = '', id = '', encoded = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.*)$/.exec(text) ?? [];
  const bytes = decodeBase64(encoded);
  if (!isKeyName(name) || bytes === null) throw new TlogError('malformed-key');
  if (bytes[0] !== keyTypes[type]) throw new TlogError('unknown-algorithm');
  if (bytes.length !== 1 + rawKeyBytes) throw new TlogError('malformed-key');
  return { name, keyId: Number.parseInt(id, 16), key: bytes.subarray(1) };
}

function publicKeyOf(key: Uint8Array): KeyObject {
  const der = Buffer.concat([spkiPrefix, key]);
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

function privateKeyOf(seed: Uint8Array): KeyObject {
  const der = Buffer.concat([pkcs8Prefix, seed]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

function rawPublicKey(privateKey: KeyObject): Uint8Array {
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return der.subarray(spkiPrefix.length);
}
