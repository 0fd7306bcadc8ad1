import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { SignInGuard } from './sign-in-guard.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const failTimes = (guard: SignInGuard, times: number, address = 'here') => {
  for (let i = 0; i < times; i++) guard.attempt('ada', address);
};

describe('SignInGuard', () => {
  it('locks after five wrong passwords, longer each time, and tells for how long', () => {
    const guard = new SignInGuard();
    failTimes(guard, 5);
    expect(() => guard.attempt('ada', 'here')).toThrow('in 5 seconds');
    vi.advanceTimersByTime(5000);
    failTimes(guard, 1);
    expect(() => guard.attempt('ada', 'here')).toThrow('in 10 seconds');
  });

  it('never locks for more than 30 seconds, however often a stranger guessed', () => {
    const guard = new SignInGuard();
    for (let i = 0; i < 2000; i++) {
      failTimes(guard, 1);
      vi.advanceTimersByTime(30_000);
    }
    failTimes(guard, 1);
    expect(() => guard.attempt('ada', 'here')).toThrow('in 30 seconds');
    vi.advanceTimersByTime(30_000);
    expect(() => guard.attempt('ada', 'here')).not.toThrow();
  });

  it('locks nobody out elsewhere, and forgets after a right password', () => {
    const guard = new SignInGuard();
    failTimes(guard, 5, 'there');
    expect(() => guard.attempt('ada', 'here')).not.toThrow();
    guard.succeeded('ada', 'there');
    expect(() => failTimes(guard, 5, 'there')).not.toThrow();
  });
});
