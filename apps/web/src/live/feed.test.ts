// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { openFeed } from './feed.ts';

class FakeSource extends EventTarget {
  closed = false;
  close() {
    this.closed = true;
  }
  say(type: string, lastEventId = '') {
    this.dispatchEvent(new MessageEvent(type, { lastEventId }));
  }
}

describe('openFeed', () => {
  let sources: FakeSource[];
  const grew = vi.fn<(position: number) => void>();
  const connection = vi.fn<(state: string) => void>();
  const start = () =>
    openFeed({
      url: '/v1/feed',
      onGrew: grew,
      onConnection: connection,
      open: () => {
        const source = new FakeSource();
        sources.push(source);
        return source as unknown as EventSource;
      },
    });

  beforeEach(() => {
    sources = [];
    vi.useFakeTimers();
    vi.clearAllMocks();
  });
  afterEach(() => vi.useRealTimers());

  it('passes the first hint on at once and a burst as one, the newest', () => {
    start();
    for (const id of ['7', '8', '9', '10']) sources[0]?.say('grew', id);
    expect(grew.mock.calls).toEqual([[7]]);
    vi.advanceTimersByTime(1000);
    expect(grew.mock.calls).toEqual([[7], [10]]);
  });

  it('says when the stream is there and when it is lost', () => {
    start();
    sources[0]?.say('open');
    sources[0]?.say('error');
    expect(connection.mock.calls).toEqual([['live'], ['lost']]);
    expect(sources).toHaveLength(1);
  });

  it('closes what broke and opens it anew, each time after a longer wait', () => {
    start();
    sources[0]?.say('error');
    expect(sources[0]?.closed).toBe(true);
    vi.advanceTimersByTime(3000);
    expect(sources).toHaveLength(2);
    sources[1]?.say('error');
    vi.advanceTimersByTime(5999);
    expect(sources).toHaveLength(2);
    vi.advanceTimersByTime(1);
    expect(sources).toHaveLength(3);
  });

  it('takes 40 s of silence for a lost connection and reconnects', () => {
    start();
    sources[0]?.say('open');
    vi.advanceTimersByTime(40_000);
    expect(connection.mock.calls).toEqual([['live'], ['lost']]);
    expect(sources[0]?.closed).toBe(true);
    vi.advanceTimersByTime(3000);
    expect(sources).toHaveLength(2);
  });

  it('stays live as long as the heartbeat repeats the last hint', () => {
    start();
    sources[0]?.say('open');
    for (let beat = 0; beat < 8; beat += 1) {
      vi.advanceTimersByTime(15_000);
      sources[0]?.say('grew', '7');
    }
    expect(connection.mock.calls).toEqual([['live']]);
  });

  it('is quiet after it was closed', () => {
    const close = start();
    sources[0]?.say('grew', '1');
    sources[0]?.say('grew', '2');
    close();
    vi.advanceTimersByTime(120_000);
    expect(grew.mock.calls).toEqual([[1]]);
    expect(sources[0]?.closed).toBe(true);
    expect(sources).toHaveLength(1);
  });
});
