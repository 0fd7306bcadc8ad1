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

  it('tells whom it heard from, once, and who has a long poll open, always', () => {
    const presence = new Presence();
    presence.heard('g');
    const close = presence.pollOpened('h');
    pass(1);
    expect([...presence.takeNews()]).toEqual([
      ['g', start],
      ['h', start + 1000],
    ]);
    pass(1);
    expect([...presence.takeNews()]).toEqual([['h', start + 2000]]);
    close();
    expect([...presence.takeNews().keys()]).toEqual(['h']);
    expect(presence.takeNews().size).toBe(0);
  });

  it('believes other processes, but not that they heard something later than now', () => {
    const presence = new Presence();
    pass(100);
    presence.learn('g', start + 90_000);
    expect(presence.of(words)).toEqual({
      presence: 'online',
      lastSeen: new Date(start + 90_000).toISOString(),
    });
    presence.learn('g', start);
    presence.learn('g', start + 900_000);
    expect(presence.of(words).lastSeen).toBe(new Date(start + 100_000).toISOString());
    expect(presence.takeNews().size).toBe(0);
  });

  it('believes an agent that said it stops', () => {
    expect(new Presence().of({ ...words, stopped: true }).presence).toBe('stopped');
  });
});
