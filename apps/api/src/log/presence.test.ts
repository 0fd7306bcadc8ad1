import { silentAfterSeconds } from '@vestige/contract';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Presence } from './presence.ts';

const start = Date.parse('2026-01-01T00:00:00.000Z');
const words = { id: 'g', stopped: false, lastEventAt: new Date(start).toISOString() };

beforeEach(() => {
  vi.useFakeTimers({ now: start });
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (seconds: number) => vi.advanceTimersByTime(seconds * 1000);

describe('Presence', () => {
  it('calls a guest silent when nothing was heard for longer than the contract says', () => {
    const presence = new Presence();
    pass(silentAfterSeconds);
    expect(presence.of(words).presence).toBe('online');
    pass(1);
    expect(presence.of(words)).toEqual({ presence: 'silent', lastSeen: words.lastEventAt });
    presence.heard('g');
    expect(presence.of(words).presence).toBe('online');
  });

  it('takes an open long poll for contact, and the end of it for the last one', () => {
    const presence = new Presence();
    const [closeOne, closeTwo] = [presence.pollOpened('g'), presence.pollOpened('g')];
    closeOne();
    pass(silentAfterSeconds + 10);
    expect(presence.of(words).presence).toBe('online');
    closeTwo();
    const closedAt = new Date().toISOString();
    pass(silentAfterSeconds + 1);
    expect(presence.of(words)).toEqual({ presence: 'silent', lastSeen: closedAt });
  });

  it('believes an agent that said it stops', () => {
    expect(new Presence().of({ ...words, stopped: true }).presence).toBe('stopped');
  });
});
