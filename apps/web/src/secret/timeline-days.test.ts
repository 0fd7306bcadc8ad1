import type { RecordedEvent } from '@vestige/contract';
import { describe, expect, it } from 'vitest';

import { groupByDay, recordedLater } from './timeline-days.ts';

const event = (position: number, at: string, recorded = at): RecordedEvent =>
  ({ position, at, recorded, type: 'secret.read', data: {} }) as unknown as RecordedEvent;

describe('groupByDay', () => {
  it('starts a new day at midnight UTC', () => {
    const days = groupByDay([
      event(1, '2026-01-30T23:59:59.999Z'),
      event(2, '2026-01-31T00:00:00.000Z'),
      event(3, '2026-01-31T08:00:00.000Z'),
    ]);
    expect(days.map(({ day, events }) => [day, events.map(({ position }) => position)])).toEqual([
      ['2026-01-30', [1]],
      ['2026-01-31', [2, 3]],
    ]);
  });

  it('keeps the order of the log where a clock went backwards', () => {
    const days = groupByDay([
      event(1, '2026-01-31T00:00:01.000Z'),
      event(2, '2026-01-30T23:59:00.000Z'),
      event(3, '2026-01-31T00:00:02.000Z'),
    ]);
    expect(days.map(({ day }) => day)).toEqual(['2026-01-31', '2026-01-30', '2026-01-31']);
  });

  it('makes no day of nothing', () => expect(groupByDay([])).toEqual([]));
});

describe('recordedLater', () => {
  it('is silent about a difference of a moment', () => {
    expect(
      recordedLater(event(1, '2026-01-31T00:00:00.000Z', '2026-01-31T00:00:01.000Z')),
    ).toBeNull();
  });

  it('tells when the service heard of it much later', () => {
    expect(recordedLater(event(1, '2026-01-31T00:00:00.000Z', '2026-01-31T00:10:00.000Z'))).toBe(
      600_000,
    );
  });
});
