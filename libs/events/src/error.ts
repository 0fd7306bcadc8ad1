/** What can go wrong in the log itself; what a decision refuses is a `Refusal`. */
export type EventsErrorCode =
  /** The canonical entry is longer than a tile bundle can hold. */
  | 'entry-too-large'
  /** A value has no canonical form: a lone surrogate or a number that JSON does not know. */
  | 'not-canonical'
  /** Another process, or another log of this one, has the file open for writing. */
  | 'log-in-use'
  /** The database would not keep what it acknowledges. */
  | 'not-durable'
  /** No space is left for what was to be kept; nothing of it is. */
  | 'storage-full'
  /** The database cannot be reached, or did not answer in time: whether it kept what was under way is not known. */
  | 'unavailable'
  /** The database is too old, or cannot hold what the log must hold. */
  | 'unsupported-database'
  /** A transaction is open where none may be: something wrote around the one writer. */
  | 'foreign-transaction'
  /** A stream moved under a decision too often. */
  | 'stream-contended'
  /** A stored entry has a shape that this version does not know. */
  | 'unknown-version'
  /** What is stored is not what was signed: nothing may be appended to it. */
  | 'log-damaged'
  | 'unknown-follower'
  /** A follower met an event that it cannot take, and stands still. */
  | 'follower-failed'
  | 'bad-cursor'
  | 'closed';

export class EventsError extends Error {
  readonly code: EventsErrorCode;

  constructor(code: EventsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EventsError';
    this.code = code;
  }
}
