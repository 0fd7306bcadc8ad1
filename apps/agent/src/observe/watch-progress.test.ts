import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { turnSecondsMax, watchProgress } from './watch-progress.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('watchProgress', () => {
  it('tells once of a turn that does not end within the bound', () => {
    const stuck = vi.fn<() => void>();
    watchProgress(new Int32Array([7, 6, 0]), stuck);
    vi.advanceTimersByTime(turnSecondsMax * 1000 - 1);
    expect(stuck).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(stuck).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(60_000);
    expect(stuck).toHaveBeenCalledOnce();
  });

  it('is content with turns that end, and with a worker that waits', () => {
    const stuck = vi.fn<() => void>();
    const progress = new Int32Array([1, 0, 0]);
    watchProgress(progress, stuck);
    for (let turn = 0; turn < 100; turn += 1) {
      vi.advanceTimersByTime(900);
      Atomics.add(progress, 0, 1);
      Atomics.add(progress, 1, 1);
    }
    Atomics.store(progress, 1, Atomics.load(progress, 0));
    vi.advanceTimersByTime(60_000);
    expect(stuck).not.toHaveBeenCalled();
  });
});
