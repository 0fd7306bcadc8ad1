import { describe, expect, it } from 'vitest';

import { OpenReads } from './open-reads.ts';

describe('OpenReads', () => {
  it('counts the parts of one read once, until the file is closed', () => {
    const reads = new OpenReads();
    expect([1, 2, 3].map(() => reads.isFirst(7, 100, 'a'))).toEqual([true, false, false]);
    reads.forget(7, 'a');
    expect(reads.isFirst(7, 100, 'a')).toBe(true);
  });

  it('tells files, processes, and processes that had the same pid apart', () => {
    const reads = new OpenReads();
    expect(reads.isFirst(7, 100, 'a')).toBe(true);
    expect(reads.isFirst(7, 100, 'b')).toBe(true);
    expect(reads.isFirst(8, 100, 'a')).toBe(true);
    expect(reads.isFirst(7, 200, 'a')).toBe(true);
  });

  it('remembers a bounded number of them', () => {
    const reads = new OpenReads();
    for (let pid = 0; pid < 5000; pid += 1) reads.isFirst(pid, 1, 'a');
    expect(reads.isFirst(0, 1, 'a')).toBe(true);
    expect(reads.isFirst(4999, 1, 'a')).toBe(false);
  });
});
