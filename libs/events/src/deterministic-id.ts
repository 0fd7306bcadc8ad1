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

/** The same observation has the same id however often it is sent, so a retry never duplicates it. */
export function observationEventId(guest: GuestId, boot: BootId, seq: number): string {
  return uuid5(namespaces.observation, [guest, boot, String(seq)]);
}

/** A secret ends once. */
export function endingEventId(secret: SecretId): string {
  return uuid5(namespaces.ending, [secret]);
}

/** RFC 9562 5.5. The parts are joined by NUL, which no identifier or path holds, so different parts never meet. */
export function uuid5(namespace: string, parts: readonly string[]): string {
  const hash = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(parts.join('\0'))
    .digest();
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}
