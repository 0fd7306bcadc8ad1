import { problemType, type Problem, type ProblemCode } from '@vestige/contract';

/** Status and title of every refusal; the detail comes with the refusal. */
const known: Record<ProblemCode, { status: number; title: string }> = {
  'invalid-request': { status: 400, title: 'The request is not as the interface describes it' },
  'too-large': { status: 413, title: 'The request is too large' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'not-signed-in': { status: 401, title: 'Nobody is signed in' },
  'wrong-credentials': { status: 401, title: 'Name or password is wrong' },
  'not-allowed': { status: 403, title: 'Not allowed' },
  'foreign-origin': { status: 403, title: 'The request comes from another origin' },
  'not-found': { status: 404, title: 'Not found' },
  'bad-signature': { status: 401, title: 'The signature does not verify' },
  'clock-skew': { status: 401, title: 'The clocks differ too much' },
  replayed: { status: 401, title: 'The request was seen before' },
  'unknown-guest': { status: 401, title: 'The guest is not enrolled' },
  'token-unknown': { status: 401, title: 'The enrolment token is unknown' },
  'token-expired': { status: 401, title: 'The enrolment token has expired' },
  'token-used': { status: 401, title: 'The enrolment token is used up' },
  'token-revoked': { status: 401, title: 'The enrolment token was revoked' },
  'sequence-gap': { status: 409, title: 'Observations are missing before this batch' },
  'sequence-conflict': { status: 409, title: 'The log holds something else at this place' },
  'set-up-done': { status: 409, title: 'The service is set up already' },
  'link-unknown': { status: 401, title: 'The set-up link is unknown' },
  'link-expired': { status: 401, title: 'The set-up link has expired' },
  'unknown-target': { status: 422, title: 'Some of what was selected does not exist' },
  'nothing-to-wipe': { status: 409, title: 'Nothing can be wiped' },
  'too-many-targets': { status: 422, title: 'Too many secrets for one order' },
  'deadline-passed': { status: 422, title: 'The deadline has passed' },
  'already-final': { status: 409, title: 'The order has ended' },
  'already-delivered': { status: 409, title: 'Agents have the order already' },
  'not-ready': { status: 503, title: 'The service is not ready' },
  'log-damaged': { status: 503, title: 'The log is not what was signed' },
  quarantined: { status: 403, title: 'The guest is quarantined' },
  'storage-full': { status: 507, title: 'There is no room left for the log' },
  internal: { status: 500, title: 'The service failed' },
};

type Extras = Pick<Problem, 'errors' | 'ackedThrough'> & {
  /** When to try again, for the header `Retry-After`. */
  retryAfterSeconds?: number;
};

/** The one way to say no: a code of the contract and a sentence that tells what to do. */
export class Refusal extends Error {
  readonly code: ProblemCode;
  readonly extras: Extras;
  constructor(code: ProblemCode, detail: string, extras: Extras = {}) {
    super(detail);
    this.name = 'Refusal';
    this.code = code;
    this.extras = extras;
  }
}

/** The problem document of a refusal (RFC 9457). */
export function problemOf(refusal: Refusal): Problem {
  const { status, title } = known[refusal.code];
  const { retryAfterSeconds: _, ...extras } = refusal.extras;
  return {
    type: problemType(refusal.code),
    title,
    status,
    detail: refusal.message.slice(0, 2000),
    code: refusal.code,
    ...extras,
  };
}
