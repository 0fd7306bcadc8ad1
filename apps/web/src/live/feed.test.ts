// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { openFeed } from './feed.ts';

class FakeSource extends EventTarget {
  readyState = 1;
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

  it('opens the stream anew where the browser gave up', () => {
    start();
    if (sources[0]) sources[0].readyState = 2;
    sources[0]?.say('error');
    vi.advanceTimersByTime(3000);
    expect(sources).toHaveLength(2);
  });

  it('is quiet after it was closed', () => {
    const close = start();
    sources[0]?.say('grew', '1');
    sources[0]?.say('grew', '2');
    close();
    vi.advanceTimersByTime(5000);
    expect(grew.mock.calls).toEqual([[1]]);
    expect(sources[0]?.closed).toBe(true);
  });
});
