import type { Actor, Role } from '@vestige/contract';

/** A signed-in person or an API token. */
export interface Person {
  readonly kind: 'operator' | 'token';
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly expiresAt: string | null;
  /** SHA-256 of the session's id; null for an API token. */
  readonly session: string | null;
}

/** A guest's agent, known by its signature. */
export interface GuestCaller {
  readonly kind: 'guest';
  readonly id: string;
  readonly quarantined: boolean;
}

export type Caller = Person | GuestCaller | { readonly kind: 'anyone' };

declare module 'fastify' {
  interface FastifyRequest {
    /** The body's bytes as they came, for the digest. */
    rawBody: Buffer | null;
    by: Caller | null;
    /** Parameters, query and body after parsing. */
    input: unknown;
  }
}

/** Who an event names as its cause: the id only. */
export function actorOf({ kind, id }: Person): Actor {
  return { kind, id };
}
