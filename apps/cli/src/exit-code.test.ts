import { ProblemCode, ProblemError, problemType, UnreachableError } from '@vestige/contract';
import { SecretAreaError } from '@vestige/secret-area';
import { TlogError } from '@vestige/tlog';
import { describe, expect, it } from 'vitest';

import { errorCodeOf, exitCodeOf, UsageError } from './exit-code.ts';
import { ArchiveError } from './log/archive-error.ts';

const systemError = (code: string) => Object.assign(new Error(code), { code });

function refused(status: number, code: ProblemCode) {
  return new ProblemError({ type: problemType(code), title: code, status, detail: 'why', code });
}

describe('exitCodeOf', () => {
  it.each(['EACCES', 'EPERM', 'EROFS'])('is 4 for %s', (code) => {
    expect(exitCodeOf(systemError(code))).toBe(4);
  });

  it('is 3 for what cannot be reached', () => {
    expect(exitCodeOf(systemError('ENOENT'))).toBe(3);
  });

  it.each(['ENOSPC', 'EIO'])('is 1 for %s: what was reached failed', (code) => {
    expect(exitCodeOf(systemError(code))).toBe(1);
  });

  it('tells a wrong request from a bad table', () => {
    expect(exitCodeOf(new SecretAreaError('malformed-guid', 0))).toBe(2);
    expect(exitCodeOf(new SecretAreaError('unreachable', 20))).toBe(1);
  });

  it('is 1 for anything else', () => {
    expect(exitCodeOf(new Error('unforeseen'))).toBe(1);
    expect(exitCodeOf('unforeseen')).toBe(1);
  });

  it('tells what a service refuses to do from what it has not', () => {
    expect(exitCodeOf(refused(401, 'not-signed-in'))).toBe(4);
    expect(exitCodeOf(refused(403, 'not-allowed'))).toBe(4);
    expect(exitCodeOf(refused(400, 'invalid-request'))).toBe(2);
    expect(exitCodeOf(refused(404, 'not-found'))).toBe(1);
    expect(exitCodeOf(refused(503, 'log-damaged'))).toBe(1);
    expect(exitCodeOf(new UnreachableError('nobody'))).toBe(3);
  });

  it('is 1 for what does not verify', () => {
    expect(exitCodeOf(new TlogError('root-mismatch'))).toBe(1);
    expect(exitCodeOf(new ArchiveError('cut-archive'))).toBe(1);
  });
});

describe('errorCodeOf', () => {
  it('is the error’s own code where it has one of ours, else what the exit code means', () => {
    expect(errorCodeOf(refused(404, 'not-found'))).toBe('not-found');
    expect(errorCodeOf(new TlogError('root-mismatch'))).toBe('root-mismatch');
    expect(errorCodeOf(new ArchiveError('cut-archive'))).toBe('cut-archive');
    expect(errorCodeOf(new SecretAreaError('unreachable', 20))).toBe('unreachable');
    expect(errorCodeOf(systemError('ENOENT'))).toBe('unreachable');
    expect(errorCodeOf(systemError('EACCES'))).toBe('not-allowed');
    expect(errorCodeOf(new UsageError('no'))).toBe('usage');
    expect(errorCodeOf(new Error('unforeseen'))).toBe('failed');
  });
});
