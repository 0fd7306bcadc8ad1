import { describe, expect, it } from 'vitest';

import { Time, wholeNumber } from './primitives.ts';

describe('a whole number in a query', () => {
  it('is one in decimal digits, within its bounds', () => {
    const number = wholeNumber(-1, 30);
    expect(['-1', '0', '7', '30', 7].map((given) => number.parse(given))).toEqual([
      -1, 0, 7, 30, 7,
    ]);
  });

  it.each(['', ' ', ' 1', '1\n', '-0', '01', '+1', '1.0', '1e1', '0x10', 'NaN', '-2', '31'])(
    'is not %j, which would mean something that nobody asked for',
    (given) => {
      expect(wholeNumber(-1, 30).safeParse(given).success).toBe(false);
    },
  );

  it.each([undefined, null, true, ['1'], '9007199254740993'])('is not %j', (given) => {
    expect(wholeNumber(-1).safeParse(given).success).toBe(false);
  });
});

const accepts = (time: string) => Time.safeParse(time).success;

describe('a time', () => {
  it('has seconds and at most milliseconds', () => {
    expect(accepts('2026-01-31T12:00:00.000Z')).toBe(true);
    expect(accepts('2026-01-31T12:00:00Z')).toBe(true);
    expect(accepts('2026-01-31T12:00Z')).toBe(false);
    expect(accepts('2026-01-31T12:00:00.123456789Z')).toBe(false);
    expect(accepts('2026-01-31T12:00:00.000+01:00')).toBe(false);
    expect(accepts('2026-02-30T12:00:00.000Z')).toBe(false);
  });
});
