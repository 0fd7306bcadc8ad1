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
