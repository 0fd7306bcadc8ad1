import { Guid } from '@vestige/contract';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isGuid, isTellable } from './tellable.ts';

describe('isTellable', () => {
  it('refuses a text that is too long or has control characters, however deep it lies', () => {
    expect(isTellable({ a: [{ b: 'x'.repeat(1024), c: null, d: 7 }] })).toBe(true);
    expect(isTellable({ a: [{ b: 'x'.repeat(1025) }] })).toBe(false);
    expect(isTellable({ a: [{ b: 'x\ny' }] })).toBe(false);
  });
});

describe('isGuid', () => {
  it('says the same as the contract', () => {
    const text = fc.oneof(
      fc.uuid(),
      fc.uuid().map((id) => id.toUpperCase()),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (one) => {
        expect(isGuid(one)).toBe(Guid.safeParse(one).success);
      }),
    );
  });
});
