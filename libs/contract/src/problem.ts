import { z } from 'zod';

/** Every reason for which the API refuses, as the last part of a problem's `type`. */
export const ProblemCode = z.enum([
  'invalid-request',
  'too-large',
  'too-many-requests',
  'not-signed-in',
  'wrong-credentials',
  'not-allowed',
  'foreign-origin',
  'not-found',
  'bad-signature',
  'clock-skew',
  'replayed',
  'unknown-guest',
  'token-unknown',
  'token-expired',
  'token-used',
  'token-revoked',
  'sequence-gap',
  'sequence-conflict',
  'set-up-done',
  'link-unknown',
  'link-expired',
  'unknown-target',
  'nothing-to-wipe',
  'too-many-targets',
  'deadline-passed',
  'already-final',
  'already-delivered',
  'not-ready',
  'log-damaged',
  'quarantined',
  'storage-full',
  'internal',
]);
export type ProblemCode = z.infer<typeof ProblemCode>;

export const problemMediaType = 'application/problem+json';

/** A problem document (RFC 9457). `detail` says what to do; members beyond the standard's help programs. */
export const Problem = z.object({
  type: z.string().max(200),
  title: z.string().max(200),
  status: z.int(),
  detail: z.string().max(2000),
  code: ProblemCode,
  /** What is wrong where, for `invalid-request`. */
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  /** The last seq of the boot that the service holds, -1 for none; for `sequence-gap` and `sequence-conflict`. */
  ackedThrough: z.int().min(-1).optional(),
});
export type Problem = z.infer<typeof Problem>;

export function problemType(code: ProblemCode): string {
  return `urn:vestige:problem:${code}`;
}
