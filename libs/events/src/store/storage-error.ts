import { EventsError } from '../error.ts';

/** PostgreSQL's SQLSTATE, Node's errno and SQLite's result code all stand in `code`. */
const fullCodes = words('53100 ENOSPC EDQUOT SQLITE_FULL');

const unavailableCodes = words(
  // PostgreSQL: a timeout of a statement, a lock or a transaction, a deadlock, a standby that was the primary, a bad disk.
  '57014 55P03 25P03 57P05 40001 40P01 25006 58030 ' +
    'ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN',
);

/** PostgreSQL: connection, credentials, no such database, too few resources, shutdown; SQLite: a lock, a bad disk. */
const unavailableStarts = /^(08|28|3D|53|57P0|SQLITE_(IOERR|BUSY|CANTOPEN|READONLY))/;

/** What the PostgreSQL client says without a code. */
const unavailableMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error|Client was closed)/;

/** The log's own error where the storage failed, whoever asked; any other error as it is. */
export function storageError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof EventsError) return error;
  const code = 'code' in error ? String(error.code) : '';
  const detail = error.message || code;
  if (fullCodes.has(code))
    return new EventsError('storage-full', `No space is left: ${detail}`, { cause: error });
  if (isUnavailable(error, code))
    return new EventsError('unavailable', `The database failed: ${detail}`, { cause: error });
  return error;
}

function isUnavailable(error: Error, code: string): boolean {
  return (
    unavailableCodes.has(code) ||
    unavailableStarts.test(code) ||
    // Such as ENOENT for a socket that is not there.
    ('syscall' in error && error.syscall === 'connect') ||
    (code === '' && unavailableMessages.test(error.message))
  );
}

/** Whether the storage failed all who wait, so that to try each of them alone is of no use. */
export function failsAll(error: unknown): boolean {
  return error instanceof EventsError && ['storage-full', 'unavailable'].includes(error.code);
}

function words(text: string): Set<string> {
  return new Set(text.split(' '));
}
