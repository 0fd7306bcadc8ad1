import { createHash, createHmac, randomBytes } from 'node:crypto';

/** SHA-256 in hex: the only form in which a token or a session is stored. Looking it up compares no secret byte by byte. */
export function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** 256 random bits in base64url. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** 256 bits in base64url that nobody knows who does not know the secret. */
export function derived(secret: string, ...parts: readonly string[]): string {
  return createHmac('sha256', secret).update(parts.join('\0')).digest('base64url');
}
