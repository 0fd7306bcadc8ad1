import { createHash } from 'node:crypto';

import type { BootId, GuestId, SecretId, SecretRef } from '@vestige/contract';

const namespaces = {
  secret: '5f1a5c1e-6c0b-5d0e-9d5c-0c3a3b8d7e10',
  observation: '5f1a5c1e-6c0b-5d0e-9d5c-0c3a3b8d7e11',
  ending: '5f1a5c1e-6c0b-5d0e-9d5c-0c3a3b8d7e12',
} as const;

/** The same secret has the same id wherever it is computed. */
export function secretId(guest: GuestId, boot: BootId, ref: SecretRef): SecretId {
  return uuid5(namespaces.secret, [guest, boot, ref.source.kind, ref.source.path, ref.name]);
}

/** The largest seq that an id has room for. */
const seqMax = 2 ** 48 - 1;

/**
 * The same observation has the same id however often it is sent, so a retry never duplicates it. RFC 9562 5.8 (UUIDv8): a hash
 * of guest and boot, then the seq. What a guest reports one after the other is then side by side in the index of ids,
 * of which else each event would touch a page of its own.
 */
export function observationEventId(guest: GuestId, boot: BootId, seq: number): string {
  if (!Number.isSafeInteger(seq) || seq < 0 || seq > seqMax)
    throw new RangeError(`A seq is a whole number from 0 to ${seqMax}; this is ${seq}.`);
  const id = hashOf(namespaces.observation, [guest, boot]);
  id.writeUIntBE(seq, 10, 6);
  return asUuid(id, 8);
}

/** A secret ends once. */
export function endingEventId(secret: SecretId): string {
  return uuid5(namespaces.ending, [secret]);
}

/** RFC 9562 5.5. */
export function uuid5(namespace: string, parts: readonly string[]): string {
  return asUuid(hashOf(namespace, parts), 5);
}

/** The parts are joined by NUL, which no identifier or path holds, so different parts never meet. */
function hashOf(namespace: string, parts: readonly string[]): Buffer {
  return createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(parts.join('\0'))
    .digest();
}

function asUuid(bytes: Buffer, version: 5 | 8): string {
  bytes[6] = (bytes[6]! & 0x0f) | (version << 4);
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex', 0, 16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}
