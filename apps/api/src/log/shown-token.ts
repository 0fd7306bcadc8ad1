import type { EnrolmentToken } from '@vestige/contract';
import type { EnrolmentRow } from '@vestige/events';

/** An enrolment token as lists show it. */
export function shownToken(row: EnrolmentRow): EnrolmentToken {
  const { token, labels, uses, used, issuedAt, expiresAt } = row;
  return { id: token, labels, uses, used, issuedAt, expiresAt, state: stateOf(row) };
}

function stateOf(row: EnrolmentRow): EnrolmentToken['state'] {
  if (row.revokedAt !== null) return 'revoked';
  if (row.used >= row.uses) return 'used';
  return Date.parse(row.expiresAt) <= Date.now() ? 'expired' : 'usable';
}
