import { createHash, randomBytes } from 'node:crypto';

/** SHA-256 in hex: the only form in which a token or a session is stored. Looking it up compares no secret byte by byte. */
export function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** 256 random bits in base64url. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}
