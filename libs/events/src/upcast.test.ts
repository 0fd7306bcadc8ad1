import { describe, expect, it } from 'vitest';

import { lift, upcast, type Upcaster, type VersionedEntry } from './upcast.ts';

/** Two changes as they might come: a property gets another name, and another one becomes a list. */
const upcasters: Record<number, Upcaster> = {
  1: ({ title, ...entry }) => ({ ...entry, type: entry.type, name: title }),
  2: ({ name, ...entry }) => ({ ...entry, type: entry.type, names: [name] }),
};
const first: VersionedEntry = { v: 1, type: 'guest.enrolled', title: 'db-1' };

describe('upcasting', () => {
  it('lifts an entry one version after the other, and leaves the entry alone', () => {
    expect(lift(first, upcasters, 3)).toEqual({ v: 3, type: 'guest.enrolled', names: ['db-1'] });
    expect(lift(first, upcasters, 2)).toEqual({ v: 2, type: 'guest.enrolled', name: 'db-1' });
    expect(first).toEqual({ v: 1, type: 'guest.enrolled', title: 'db-1' });
  });

  it('takes an entry of the version itself as it is', () => {
    expect(lift(first, upcasters, 1)).toBe(first);
    expect(upcast(first)).toBe(first);
  });

  it.each([0, 4, 1.5, Number.NaN, '1', undefined])('refuses the unknown version %s', (v) => {
    const entry = { ...first, v: v as number };
    expect(() => lift(entry, upcasters, 3)).toThrow(
      expect.objectContaining({ code: 'unknown-version' }),
    );
  });
});
