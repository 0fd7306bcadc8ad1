export type JournalErrorCode = 'full' | 'locked' | 'corrupt' | 'io' | 'closed';

/** Why an observation could not be made durable. */
export class JournalError extends Error {
  readonly code: JournalErrorCode;

  constructor(code: JournalErrorCode, message: string) {
    super(message);
    this.name = 'JournalError';
    this.code = code;
  }
}

export function isFull(error: unknown): boolean {
  return error instanceof JournalError && error.code === 'full';
}

/** Throws what is anything else than a full journal. */
export function unlessFull(error: unknown): void {
  if (!isFull(error)) throw error;
}
