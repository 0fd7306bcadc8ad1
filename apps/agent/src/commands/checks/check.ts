/** `warn`: it runs, and sees or promises less than it could. `fail`: it does not do what it is there for. */
export type CheckState = 'ok' | 'warn' | 'fail';

/** One thing that was looked at, in one sentence, and in another one what to do; empty where there is nothing to do. */
export interface Check {
  /** Stable, for whoever reads the answer with a program. */
  readonly code: string;
  readonly state: CheckState;
  readonly says: string;
  readonly advice: string;
}

export function ok(code: string, says: string): Check {
  return { code, state: 'ok', says, advice: '' };
}

export function warn(code: string, says: string, advice: string): Check {
  return { code, state: 'warn', says, advice };
}

export function fail(code: string, says: string, advice: string): Check {
  return { code, state: 'fail', says, advice };
}
