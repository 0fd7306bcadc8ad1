// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from 'vitest';

import { whileVisible } from './while-visible.ts';

function show(hidden: boolean) {
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(hidden);
  document.dispatchEvent(new Event('visibilitychange'));
}

describe('whileVisible', () => {
  const said: string[] = [];
  const begin = () =>
    whileVisible(
      () => {
        said.push('start');
        return () => said.push('stop');
      },
      () => said.push('return'),
    );
  afterEach(() => {
    vi.restoreAllMocks();
    said.length = 0;
  });

  it('stops when the tab is hidden and starts anew when it is seen again', () => {
    const end = begin();
    show(true);
    show(true);
    show(false);
    end();
    show(true);
    expect(said).toEqual(['start', 'stop', 'return', 'start', 'stop']);
  });

  it('does not start in a hidden tab before it is seen', () => {
    show(true);
    const end = begin();
    expect(said).toEqual([]);
    show(false);
    expect(said).toEqual(['return', 'start']);
    end();
  });
});
