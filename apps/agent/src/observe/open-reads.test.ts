import { describe, expect, it } from 'vitest';

import { OpenReads } from './open-reads.ts';

function verdicts(reads: OpenReads, ...keys: [number, number, string][]): (string | null)[] {
  return keys.map(([pid, startTime, file]) => reads.verdictOf(pid, startTime, file));
}

describe('OpenReads', () => {
  it('knows the parts of one read, until the file is closed', () => {
    const reads = new OpenReads();
    reads.remember(7, 100, 'a', 'allowed');
    expect(verdicts(reads, [7, 100, 'a'], [7, 100, 'a'])).toEqual(['allowed', 'allowed']);
    reads.forget(7, 'a');
    expect(verdicts(reads, [7, 100, 'a'])).toEqual([null]);
  });

  it('keeps to what it said of an opening that was denied', () => {
    const reads = new OpenReads();
    reads.remember(7, 100, 'a', 'denied');
    expect(verdicts(reads, [7, 100, 'a'])).toEqual(['denied']);
  });

  it('knows what it let go on also where the next part is judged anew', () => {
    const reads = new OpenReads();
    reads.remember(7, 100, 'a', 'allowed');
    reads.remember(8, 100, 'a', 'denied');
    reads.judgeAnew();
    expect(verdicts(reads, [7, 100, 'a'], [8, 100, 'a'])).toEqual([null, null]);
    expect([reads.isAllowed(7, 'a'), reads.isAllowed(8, 'a')]).toEqual([true, false]);
    reads.forget(7, 'a');
    expect(reads.isAllowed(7, 'a')).toBe(false);
  });

  it('tells files, processes, and processes that had the same pid apart', () => {
    const reads = new OpenReads();
    reads.remember(7, 100, 'a', 'allowed');
    expect(verdicts(reads, [7, 100, 'b'], [8, 100, 'a'], [7, 200, 'a'])).toEqual([
      null,
      null,
      null,
    ]);
  });

  it('remembers a bounded number of them', () => {
    const reads = new OpenReads();
    for (let pid = 0; pid < 5000; pid += 1) reads.remember(pid, 1, 'a', 'allowed');
    expect(verdicts(reads, [0, 1, 'a'], [4999, 1, 'a'])).toEqual([null, 'allowed']);
  });
});
