import { ProblemError } from '@vestige/contract';

/** Why an exchange with the service failed, by what the agent does about it. */
export type Trouble =
  | {
      readonly kind: 'unreachable' | 'refused';
      readonly detail: string;
      /** A person has to decide, which takes a while. */
      readonly isQuarantine?: boolean;
    }
  /** The service misses records: send from the one after `ackedThrough`. */
  | { readonly kind: 'gap'; readonly ackedThrough: number }
  /** The service has other records under the same numbers: two guests use one identity, or the state was rolled back. */
  | { readonly kind: 'conflict'; readonly detail: string };

const startAnew =
  'If the guest was retired or the service lost its data: stop the agent, move identity.json away and enrol anew.';

const quarantined =
  'The service has quarantined this guest: another may act under its identity, or it was rolled back. An operator has to find out and release it. Until then everything is kept in the journal.';

export function troubleOf(error: unknown): Trouble {
  if (!(error instanceof ProblemError))
    return {
      kind: 'unreachable',
      detail: error instanceof Error ? error.message : 'unknown error',
    };
  const { code, status, detail, ackedThrough } = error.problem;
  if (code === 'sequence-gap' && ackedThrough !== undefined) return { kind: 'gap', ackedThrough };
  if (code === 'sequence-conflict') return { kind: 'conflict', detail };
  if (code === 'quarantined') return { kind: 'refused', detail: quarantined, isQuarantine: true };
  if (code === 'unknown-guest')
    return { kind: 'refused', detail: `The service does not know this guest. ${startAnew}` };
  return { kind: isTemporary(status) ? 'unreachable' : 'refused', detail: `${code}: ${detail}` };
}

/** Whether the service was reached, knows who asks, and refuses for what is asked and not for what passes. */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof ProblemError)) return false;
  const { status } = error.problem;
  return !isTemporary(status) && status !== 401 && status !== 403;
}

/** A service without its log or without room says so with 503 or 507: it may have it again. */
function isTemporary(status: number): boolean {
  return status >= 500 || status === 429 || status === 408;
}
