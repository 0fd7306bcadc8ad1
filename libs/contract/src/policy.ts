import { z } from 'zod';

import { endpoint } from './endpoint.ts';
import { Guid, line, Position, wholeNumber } from './primitives.ts';

/** Who may read: everything that is said must hold. A rule that says nothing would hold for everybody, so it is refused. */
export const ReaderRule = z
  .strictObject({
    /** The absolute path of the program, exactly. */
    exe: z
      .string()
      .max(1024)
      .regex(/^\/\P{Cc}*$/u, 'an absolute path')
      .optional(),
    uid: z.int().min(0).max(0xff_ff_ff_ff).optional(),
    /** The systemd unit, exactly. */
    unit: line(256).min(1).optional(),
  })
  .refine((rule) => Object.keys(rule).length > 0, 'say at least one of exe, uid and unit');
export type ReaderRule = z.infer<typeof ReaderRule>;

/** What ought to be true of every secret with a GUID. Null is "no rule". */
export const Policy = z.strictObject({
  /** Those who may read; an empty list is nobody. */
  allow: z.array(ReaderRule).max(16).nullable(),
  /** So many reads are allowed in a boot; the next one is refused. */
  maxReads: z.int().min(0).max(1_000_000).nullable(),
  /** After so many reads in a boot the agent wipes it. */
  wipeAfterReads: z.int().min(1).max(1_000_000).nullable(),
  /** So many seconds after the boot the agent wipes it. */
  wipeAfterSeconds: z
    .int()
    .min(1)
    .max(366 * 86_400)
    .nullable(),
});
export type Policy = z.infer<typeof Policy>;

/** Why a policy wiped a secret. */
export const PolicyCause = z.enum(['reads', 'seconds']);
export type PolicyCause = z.infer<typeof PolicyCause>;

/** A policy as an agent gets it; `version` is the position of the event that made it so. */
export const GuidPolicy = z.strictObject({ guid: Guid, version: Position, policy: Policy });
export type GuidPolicy = z.infer<typeof GuidPolicy>;

/** Most policies that a guest is given. */
export const policiesMax = 1000;

/** Long poll: answers at once if there is a newer version than the caller's, else when there is one or the wait is over. */
export const policies = endpoint({
  method: 'GET',
  path: '/v1/agent/policies',
  summary: 'Wait for policies that are newer than those that the guest has',
  caller: 'agent',
  query: z.strictObject({
    /** The version that the guest has; -1 for none. */
    after: wholeNumber(-1).default(-1),
    /** Seconds to wait. */
    wait: wholeNumber(0, 30).default(0),
  }),
  response: z.object({
    /** Position of the newest change of any policy; -1 where there never was one. */
    version: z.int().min(-1),
    /** All that are in force now; null where `version` is the caller's. */
    policies: z.array(GuidPolicy).max(policiesMax).nullable(),
  }),
});
