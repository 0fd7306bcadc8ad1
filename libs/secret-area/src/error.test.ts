import { describe, expect, it } from 'vitest';

import { SecretAreaError } from './error.ts';

describe('SecretAreaError', () => {
  it('tells what and where, and nothing of what is there', () => {
    const error = new SecretAreaError('unreachable', 45);
    expect(error).toMatchObject({ name: 'SecretAreaError', code: 'unreachable', offset: 45 });
    expect(error.message).toContain('45');
    expect(new SecretAreaError('malformed-guid', 0).message).not.toContain('offset');
    expect(new SecretAreaError('malformed-registry', 0, 'not JSON').message).toContain('not JSON');
  });
});
