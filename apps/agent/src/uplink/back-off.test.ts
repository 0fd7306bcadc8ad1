import { describe, expect, it } from 'vitest';

import { BackOff } from './back-off.ts';

describe('BackOff', () => {
  it('doubles its bound from half a second to half a minute', () => {
    const backOff = new BackOff(() => 1);
    const waits = Array.from({ length: 8 }, () => backOff.nextMilliseconds());
    expect(waits).toStrictEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  it('spreads each wait over the whole bound', () => {
    const waits = [0, 0.5].map((random) => new BackOff(() => random).nextMilliseconds());
    expect(waits).toStrictEqual([0, 250]);
  });

  it('begins anew after a success', () => {
    const backOff = new BackOff(() => 1);
    backOff.nextMilliseconds();
    backOff.reset();
    expect(backOff.nextMilliseconds()).toBe(500);
  });
});
