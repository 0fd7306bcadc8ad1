import { z } from 'zod';

import { endpoint } from './endpoint.ts';
import { Observation } from './observation.ts';
import {
  BootId,
  filledLine,
  GuestId,
  Labels,
  Position,
  SecretId,
  Time,
  wholeNumber,
  WipeId,
} from './primitives.ts';
import { SecretRef } from './source.ts';

/** Most observations in one batch. */
export const batchMax = 1000;

/** Most bytes of a request body. */
export const bodyBytesMax = 1024 * 1024;

/** Opaque to the agent. */
const JoinState = z.string().regex(/^[A-Za-z0-9_-]{16,64}$/, 'a join state in base64url');

/** A guest introduces itself, once. The request is signed with the key that it brings, `keyid` being that key in base64url. */
export const enrol = endpoint({
  method: 'POST',
  path: '/v1/agent/enrol',
  summary: 'Enrol a guest with a one-time token and the public key made in it',
  caller: 'anyone',
  body: z.strictObject({
    token: filledLine(200),
    /** Raw 32-byte Ed25519 public key, base64url without padding. */
    publicKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'a raw Ed25519 public key in base64url'),
    name: filledLine(253),
    agentVersion: filledLine(64),
  }),
  response: z.object({
    guest: GuestId,
    name: z.string(),
    labels: Labels,
    joinState: JoinState.nullable().optional(),
  }),
  status: 201,
});

/** The next batch of a boot's journal. Repeating a batch is harmless; leaving something out is refused. */
export const observe = endpoint({
  method: 'POST',
  path: '/v1/agent/observations',
  summary: "Append a batch of a guest's observations",
  caller: 'agent',
  body: z.strictObject({
    boot: BootId,
    firstSeq: z.int().min(0),
    observations: z.array(Observation).min(1).max(batchMax),
    /** The last one that the service gave this guest; a copy of the guest, or an older self, has another. */
    joinState: JoinState.nullable().optional(),
  }),
  response: z.object({
    /** Last seq of this boot that is durable in the log. */
    ackedThrough: z.int().min(-1),
    /** The log's newest signed checkpoint; null until the log signs them. */
    checkpoint: z.string().nullable(),
    /** To be kept before the next request, and shown with it; null where the service keeps none. */
    joinState: JoinState.nullable().optional(),
  }),
});

/** One secret that this guest is ordered to wipe. (order, secret) is the key under which it is carried out once. */
export const Order = z.object({
  order: WipeId,
  secret: SecretId,
  position: Position,
  boot: BootId,
  ref: SecretRef,
  executeBefore: Time.nullable(),
});
export type Order = z.infer<typeof Order>;

/** Long poll: answers at once if there are orders after the position, else when one comes or the wait is over. */
export const orders = endpoint({
  method: 'GET',
  path: '/v1/agent/orders',
  summary: 'Wait for wipe orders',
  caller: 'agent',
  query: z.strictObject({
    /** The last position that the agent has; -1 for all that are still open. */
    after: wholeNumber(-1).default(-1),
    /** Seconds to wait. */
    wait: wholeNumber(0, 30).default(25),
  }),
  response: z.object({ orders: z.array(Order), next: z.int().min(-1) }),
});
