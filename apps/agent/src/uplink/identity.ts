import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { join } from 'node:path';

import { GuestId } from '@vestige/contract';

import { AgentError } from '../agent-error.ts';
import { readJson, writeDurable } from '../durable-file.ts';
import type { SigningKey } from './sign.ts';

/** Who the guest is to the service. The private key is made in the guest and never leaves its state directory. */
export interface Identity {
  readonly api: string;
  readonly privateKey: KeyObject;
  /** Null until the service enrolled the guest. */
  readonly guest: GuestId | null;
  /** The guest's name as the service has it. */
  readonly name: string | null;
}

function identityPath(stateDir: string): string {
  return join(stateDir, 'identity.json');
}

/** The saved identity; null where the agent never ran with this state directory. */
export async function readIdentity(stateDir: string): Promise<Identity | null> {
  const path = identityPath(stateDir);
  const saved = await readJson(path).catch(() => undefined);
  if (saved === null) return null;
  const identity = parse(saved);
  if (identity !== null) return identity;
  throw new AgentError(
    'state',
    `${path} is damaged or cannot be read. Where it is lost, move it away and enrol the guest anew.`,
  );
}

/** Makes a key and keeps it before anybody hears of it, so that a repeated enrolment is the same guest's. */
export async function createIdentity(stateDir: string, api: string): Promise<Identity> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const identity: Identity = { api, privateKey, guest: null, name: null };
  await saveIdentity(stateDir, identity);
  return identity;
}

export async function saveIdentity(stateDir: string, identity: Identity): Promise<void> {
  const { privateKey, ...plain } = identity;
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const saved = { ...plain, privateKey: pem };
  await writeDurable(identityPath(stateDir), `${JSON.stringify(saved, null, 2)}\n`);
}

/** Raw Ed25519 public key in base64url, as the service stores it. */
export function publicKeyOf({ privateKey }: Identity): string {
  return createPublicKey(privateKey).export({ format: 'jwk' }).x ?? '';
}

/** Before enrolment a guest is known by nothing but its key. */
export function signingKeyOf(identity: Identity): SigningKey {
  return {
    keyid: identity.guest ?? publicKeyOf(identity),
    privateKey: identity.privateKey,
  };
}

function parse(saved: unknown): Identity | null {
  if (typeof saved !== 'object' || saved === null) return null;
  const { api, privateKey, guest, name } = saved as Record<string, unknown>;
  const guestId = GuestId.nullable().safeParse(guest);
  if (typeof api !== 'string' || typeof privateKey !== 'string' || !guestId.success) return null;
  try {
    const key = createPrivateKey(privateKey);
    const nameOrNull = typeof name === 'string' ? name : null;
    return { api, privateKey: key, guest: guestId.data, name: nameOrNull };
  } catch {
    return null;
  }
}
