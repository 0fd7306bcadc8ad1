import { describe, expect, it } from 'vitest';

import { LogDouble } from '../testing/log-double.ts';
import {
  addConflict,
  type Conflicts,
  conflictKey,
  conflictsKeptMax,
  conflictsMetMax,
  dueConflict,
  isMet,
  markRecorded,
  noConflicts,
} from './conflicts.ts';

const log = new LogDouble().grow(3);
const [kept, at] = [log.checkpoint(1), '2026-01-01T00:00:00.000Z'];

function meet(seen: string, conflicts = noConflicts, before: string | null = kept): Conflicts {
  return addConflict(conflicts, { reason: 'inconsistent', at, kept: before, seen });
}

describe('conflicts', () => {
  it('are the same for one reason, origin, size and root, whoever signed', () => {
    const seen = log.checkpoint(2);
    const met = meet(seen);
    log.rotate();
    expect(isMet(met, 'inconsistent', log.checkpoint(2))).toBe(true);
    expect(isMet(met, 'unknown-signer', seen)).toBe(false);
    expect(isMet(met, 'inconsistent', log.checkpoint(3))).toBe(false);
    expect(conflictKey('inconsistent', seen)).toHaveLength(22);
  });

  it('are due until they are recorded', () => {
    const met = meet(log.checkpoint(2));
    expect(dueConflict(met)).toMatchObject({ kept, seen: log.checkpoint(2), record: 'due' });
    expect(dueConflict(markRecorded(met))).toBeUndefined();
  });

  it.each([
    ['no checkpoint was kept', log.checkpoint(2), null],
    ['what was shown is no checkpoint', 'hello', kept],
    ['a note has more lines than the form allows', log.checkpoint(2), 'a\n1\nb\nc\n\n— a b\n'],
  ])('are kept and counted, but not recorded, where %s', (_, seen, before) => {
    const met = meet(seen, noConflicts, before);
    expect(met).toMatchObject({ count: 1, list: [{ seen, record: 'impossible' }] });
  });

  it('are kept in a bounded list, the first and the newest, and all counted', () => {
    let met = noConflicts;
    for (let size = 2; size < 2 + conflictsMetMax + 5; size += 1)
      met = markRecorded(meet(kept.replace('\n1\n', `\n${size}\n`), met));
    expect(met.list).toHaveLength(conflictsKeptMax);
    expect(met.list[0]?.seen).toContain('\n2\n');
    expect(met.list.at(-1)).toMatchObject({ record: 'impossible' });
    expect(met.met).toHaveLength(conflictsMetMax);
    expect(met.count).toBe(conflictsMetMax + 5);
  });

  it('hold no more of what is no checkpoint than is read of one', () => {
    expect(meet('x'.repeat(1_000_000)).list[0]?.seen).toHaveLength(4096);
  });
});
