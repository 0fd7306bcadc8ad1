import type { FoundSecret } from '@vestige/events';
import { expect, it } from 'vitest';

import { causesText } from './wipe-causes.ts';

const unfit = (state: string, pendingWipe: string | null, reason = 'x') => ({
  found: { state, pendingWipe } as FoundSecret,
  reason,
});

it('names three orders at most and counts the others', () => {
  const pending = ['a', 'b', 'c', 'd', 'e', 'e'].map((order) => unfit('present', order));
  expect(causesText(pending)).toBe('6 secrets: a wipe is under way, orders a, b, c and 2 more.');
});

it('tells causes apart, and passes on what it has no words of its own for', () => {
  const reason = 'Its source cannot wipe single items.';
  const all = [unfit('wiped', 'a'), unfit('ended', null), unfit('present', null, reason)];
  expect(causesText(all)).toBe(
    '1 secret: not present any more, wiped. 1 secret: not present any more, ended. 1 secret: its source cannot wipe single items.',
  );
});
