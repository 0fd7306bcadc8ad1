/** Exit codes of the program, by what they mean. */
export const exitCodes = { fine: 0, negative: 1, usage: 2, unreachable: 3, notAllowed: 4 } as const;

export type AgentErrorCode = 'usage' | 'state' | 'unreachable' | 'not-allowed' | 'observer';

const exitCodeOf: Record<AgentErrorCode, number> = {
  usage: exitCodes.usage,
  state: exitCodes.negative,
  observer: exitCodes.negative,
  unreachable: exitCodes.unreachable,
  'not-allowed': exitCodes.notAllowed,
};

/** Why the agent stops; its message says what to do, and never holds a byte of a secret. */
export class AgentError extends Error {
  readonly code: AgentErrorCode;

  constructor(code: AgentErrorCode, message: string) {
    super(message);
    this.name = 'AgentError';
    this.code = code;
  }

  get exitCode(): number {
    return exitCodeOf[this.code];
  }
}

/** The `errno` name of a failed system call, or else the error's own words. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if (error instanceof AgentError) return error.message;
  return errnoOf(error) ?? error.message;
}

/** The `errno` name of a failed system call; undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  const hasCode = error instanceof Error && 'code' in error && typeof error.code === 'string';
  return hasCode ? String(error.code) : undefined;
}

/** A text that comes from elsewhere, fit for one line of a record or a log. */
export function oneLine(text: string, max: number): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, max);
}
