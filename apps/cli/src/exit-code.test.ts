import { SecretAreaError } from '@vestige/secret-area';
import { describe, expect, it } from 'vitest';

import { exitCodeOf } from './exit-code.ts';

const systemError = (code: string) => Object.assign(new Error(code), { code });

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
});
