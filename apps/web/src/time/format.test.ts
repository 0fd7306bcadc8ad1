import { describe, expect, it } from 'vitest';

import { absoluteTime, clockTime, dayName, relativeTime, span } from './format.ts';

const now = Date.parse('2026-01-31T12:00:00.000Z');

describe('relativeTime', () => {
  it.each([
    ['2026-01-31T11:59:59.500Z', 'now'],
    ['2026-01-31T11:59:15.000Z', '45 sec ago'],
    ['2026-01-31T11:55:00.000Z', '5 min ago'],
    ['2026-01-31T09:30:00.000Z', '2 hr ago'],
    ['2026-01-29T12:00:00.000Z', '2 days ago'],
    ['2026-01-31T12:10:00.000Z', 'in 10 min'],
  ])('says of %s: %s', (time, words) => expect(relativeTime(time, now)).toBe(words));
});

describe('absolute times', () => {
  it('are in UTC whatever the zone of the reader', () => {
    expect(absoluteTime('2026-01-31T23:59:58.123Z')).toBe('2026-01-31 23:59:58 UTC');
    expect(clockTime('2026-01-31T23:59:58.123Z')).toBe('23:59:58');
    expect(dayName('2026-01-31')).toBe('Saturday, January 31, 2026');
  });
});

describe('span', () => {
  it.each([
    ['2026-01-31T12:00:00.000Z', '2026-01-31T12:00:00.200Z', 'under 1 s'],
    ['2026-01-31T12:00:00.000Z', '2026-01-31T12:14:03.000Z', '14 min 3 s'],
    ['2026-01-30T10:00:00.000Z', '2026-01-31T12:00:09.000Z', '1 d 2 h'],
  ])('from %s until %s is %s', (from, until, words) => expect(span(from, until)).toBe(words));

  it('is never negative when a clock went backwards', () => {
    expect(span('2026-01-31T12:00:00.000Z', '2026-01-31T11:00:00.000Z')).toBe('under 1 s');
  });
});
