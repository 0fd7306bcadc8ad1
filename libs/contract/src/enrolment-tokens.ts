import { z } from 'zod';

import { endpoint } from './endpoint.ts';
import { Labels, page, pageQuery, Time } from './primitives.ts';

const TokenId = z
  .string()
  .regex(/^[0-9A-Za-z]{8}$/, 'the id of an enrolment token: 8 letters or digits');

/** An enrolment token as lists show it: never its secret part. */
export const EnrolmentToken = z.object({
  id: TokenId,
  labels: Labels,
  uses: z.int(),
  used: z.int(),
  issuedAt: Time,
  expiresAt: Time,
  state: z.enum(['usable', 'used', 'expired', 'revoked']),
});
export type EnrolmentToken = z.infer<typeof EnrolmentToken>;

export const issueEnrolmentToken = endpoint({
  method: 'POST',
  path: '/v1/enrolment-tokens',
  summary: 'Issue an enrolment token; it is shown this once',
  caller: 'people',
  action: 'enrolment-token.issue',
  body: z.strictObject({
    labels: Labels.optional(),
    uses: z.int().min(1).max(1000).optional(),
    /** Seconds; an hour where absent, 30 days at most. */
    expiresIn: z
      .int()
      .min(1)
      .max(30 * 86_400)
      .optional(),
  }),
  response: z.object({ id: TokenId, token: z.string(), expiresAt: Time }),
  status: 201,
});

export const listEnrolmentTokens = endpoint({
  method: 'GET',
  path: '/v1/enrolment-tokens',
  summary: 'List enrolment tokens',
  caller: 'people',
  action: 'read',
  query: z.strictObject(pageQuery),
  response: page(EnrolmentToken),
});

export const revokeEnrolmentToken = endpoint({
  method: 'DELETE',
  path: '/v1/enrolment-tokens/{id}',
  summary: 'Revoke an enrolment token',
  caller: 'people',
  action: 'enrolment-token.revoke',
  params: z.strictObject({ id: TokenId }),
  response: EnrolmentToken,
});
