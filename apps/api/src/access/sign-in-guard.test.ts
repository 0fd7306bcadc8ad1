import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { SignInGuard } from './sign-in-guard.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const failTimes = (guard: SignInGuard, times: number, address = 'here') => {
  for (let i = 0; i < times; i++) guard.failed('ada', address);
};

describe('SignInGuard', () => {
  it('locks after five wrong passwords, longer each time, and tells for how long', () => {
    const guard = new SignInGuard();
    failTimes(guard, 4);
    expect(() => guard.check('ada', 'here')).not.toThrow();
    failTimes(guard, 1);
    expect(() => guard.check('ada', 'here')).toThrow('30 seconds');
    vi.advanceTimersByTime(30_000);
    expect(() => guard.check('ada', 'here')).not.toThrow();
    failTimes(guard, 1);
    expect(() => guard.check('ada', 'here')).toThrow('60 seconds');
  });

  it('locks nobody out elsewhere, and forgets after a right password', () => {
    const guard = new SignInGuard();
    failTimes(guard, 5, 'there');
    expect(() => guard.check('ada', 'here')).not.toThrow();
    guard.succeeded('ada', 'there');
    expect(() => guard.check('ada', 'there')).not.toThrow();
  });
});
