import type { Policy, ReaderRule } from '@vestige/contract';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type Judged, judgeReader } from './judge-reader.ts';

const silent: Policy = {
  allow: null,
  maxReads: null,
  wipeAfterReads: null,
  wipeAfterSeconds: null,
};
const someone: Judged = { exe: '/usr/bin/cat', uid: 0, unit: 'disk.service' };

const name = fc.constantFrom('/a', '/b', '/c');
const rule = fc.record(
  { exe: name, uid: fc.nat(3), unit: fc.constantFrom('a.service', 'b.service') },
  { requiredKeys: [] },
) as fc.Arbitrary<ReaderRule>;
const reader = fc.record({
  exe: fc.option(name),
  uid: fc.option(fc.nat(3)),
  unit: fc.option(fc.constantFrom('a.service', 'b.service')),
});

describe('judgeReader', () => {
  it('allows everything where no rule is', () => {
    expect(judgeReader(silent, null, 1_000_000)).toBeNull();
  });

  it('allows whom one rule fits as a whole', () => {
    const allow = [{ exe: '/usr/bin/cat', uid: 0, unit: 'disk.service' }];
    expect(judgeReader({ ...silent, allow }, someone, 0)).toBeNull();
    for (const change of [{ exe: '/bin/cat' }, { uid: 1 }, { unit: 'other.service' }])
      expect(judgeReader({ ...silent, allow }, { ...someone, ...change }, 0)).toContain('name');
  });

  it('refuses everybody where the list is empty, and whom nobody knows where it is not', () => {
    expect(judgeReader({ ...silent, allow: [] }, someone, 0)).not.toBeNull();
    expect(judgeReader({ ...silent, allow: [{ uid: 0 }] }, null, 0)).not.toBeNull();
    const unknown = { exe: null, uid: null, unit: null };
    expect(judgeReader({ ...silent, allow: [{ uid: 0 }] }, unknown, 0)).not.toBeNull();
  });

  it('allows so many reads and refuses the next', () => {
    const policy = { ...silent, maxReads: 2 };
    expect([0, 1, 2, 3].map((reads) => judgeReader(policy, someone, reads) === null)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(judgeReader({ ...silent, maxReads: 0 }, someone, 0)).not.toBeNull();
  });

  it('refuses what is about to be wiped', () => {
    const policy = { ...silent, wipeAfterReads: 1 };
    expect(judgeReader(policy, someone, 0)).toBeNull();
    expect(judgeReader(policy, someone, 1)).toContain('wiped');
  });

  it('refuses whom no rule of a list names, whatever else is unknown', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 4 }), reader, (allow, who) => {
        const isNamed = allow.some((one) => {
          const said = Object.entries(one);
          return (
            said.length > 0 && said.every(([key, value]) => who[key as keyof Judged] === value)
          );
        });
        expect(judgeReader({ ...silent, allow }, who, 0) === null).toBe(isNamed);
      }),
    );
  });

  it('never allows with more reads what it refuses with fewer', () => {
    const max = fc.option(fc.nat(5));
    const after = fc.option(fc.integer({ min: 1, max: 5 }));
    fc.assert(
      fc.property(max, after, fc.nat(8), (maxReads, wipeAfterReads, reads) => {
        const policy = { ...silent, maxReads, wipeAfterReads };
        const [now, later] = [reads, reads + 1].map(
          (count) => judgeReader(policy, someone, count) !== null,
        );
        expect(Number(now)).toBeLessThanOrEqual(Number(later));
      }),
    );
  });
});
