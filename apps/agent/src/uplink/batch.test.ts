import type { Observation } from '@vestige/contract';
import { describe, expect, it } from 'vitest';

import { ObserverDouble } from '../testing/observer-double.ts';
import { batchBytesMax, batchRecordsMax, countPending, nextBatch } from './batch.ts';

const boot = '11111111-2222-4333-8444-555555555555';

function journalOf(count: number, reason: string): ObserverDouble {
  const observer = new ObserverDouble(boot);
  const at = '2026-01-01T00:00:00.000Z';
  const record: Observation = { type: 'agent.stopped', at, data: { reason } };
  observer.addBoot(
    boot,
    Array.from({ length: count }, () => record),
  );
  return observer;
}

describe('nextBatch', () => {
  it('takes no more records than a batch may hold', () => {
    const batch = nextBatch(journalOf(batchRecordsMax + 1, 'x').journal, new Map());
    expect(batch?.observations).toHaveLength(batchRecordsMax);
  });

  it('takes no more bytes than a batch may hold', () => {
    const { journal } = journalOf(batchRecordsMax, 'x'.repeat(2000));
    const batch = nextBatch(journal, new Map());
    expect(Buffer.byteLength(JSON.stringify(batch?.observations))).toBeLessThan(batchBytesMax);
    expect(batch?.observations.length).toBeGreaterThan(200);
  });

  it('begins where the service asked, and has nothing where it has everything', () => {
    const { journal } = journalOf(5, 'x');
    expect(nextBatch(journal, new Map([[boot, 3]]))).toMatchObject({ boot, firstSeq: 3 });
    expect(nextBatch(journal, new Map([[boot, 5]]))).toBeNull();
  });
});

describe('countPending', () => {
  it('counts what is not acknowledged', async () => {
    const observer = journalOf(5, 'x');
    await observer.acknowledge(boot, 1);
    expect(countPending(observer.journal)).toBe(3);
  });
});
