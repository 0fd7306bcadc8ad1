import { describe, expect, it } from 'vitest';

import { EventsError } from '../error.ts';
import { failsAll, storageError } from './storage-error.ts';

const withCode = (code: string): Error => Object.assign(new Error('as the driver says'), { code });

describe('an error of the storage', () => {
  it.each(['53100', 'ENOSPC', 'SQLITE_FULL'])('is that no space is left for %s', (code) => {
    expect(storageError(withCode(code))).toMatchObject({ code: 'storage-full' });
  });

  it.each(
    (
      '08006 28P01 3D000 53300 57P01 57P03 57014 55P03 25P03 25006 ' +
      'ECONNREFUSED ECONNRESET ENOTFOUND SQLITE_IOERR_FSYNC SQLITE_BUSY'
    ).split(' '),
  )('is that it is not available for %s', (code) => {
    const cause = withCode(code);
    const error = storageError(cause);
    expect(error).toMatchObject({ code: 'unavailable', cause });
    expect(failsAll(error)).toBe(true);
  });

  it.each([
    'Connection terminated unexpectedly',
    'Query read timeout',
    'timeout exceeded when trying to connect',
    'Client has encountered a connection error and is not queryable',
  ])('is that it is not available where the client says: %s', (message) => {
    expect(storageError(new Error(message))).toMatchObject({ code: 'unavailable' });
  });

  it('is that it is not available where there is no socket to connect to', () => {
    const error = Object.assign(withCode('ENOENT'), { syscall: 'connect' });
    expect(storageError(error)).toMatchObject({ code: 'unavailable' });
  });

  it.each([
    withCode('23514'),
    withCode('ENOENT'),
    withCode('SQLITE_CONSTRAINT_UNIQUE'),
    new Error('no'),
    'no',
  ])('is left as it is where the storage is not to blame: %s', (error) => {
    expect(storageError(error)).toBe(error);
    expect(failsAll(error)).toBe(false);
  });

  it('is told once only', () => {
    const error = new EventsError('closed', 'The log is closed.');
    expect(storageError(error)).toBe(error);
  });
});
