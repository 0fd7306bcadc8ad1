import type { Log } from '@vestige/events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { EventLog } from './event-log.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const full = { store: { append: () => Promise.reject(new Error('disk full')) } } as unknown as Log;

describe('EventLog', () => {
  it('cannot write after a failure, until somebody may try again', async () => {
    const log = new EventLog(full);
    expect(log.canWrite).toBe(true);
    await expect(log.append([])).rejects.toMatchObject({ code: 'not-ready' });
    expect(log.canWrite).toBe(false);
    vi.advanceTimersByTime(16_000);
    expect(log.canWrite).toBe(true);
  });
});
