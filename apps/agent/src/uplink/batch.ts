import type { Observation } from '@vestige/contract';

import { JournalError } from '../journal/journal-error.ts';
import type { JournalView } from '../journal/journal-view.ts';

/** Below what the service takes, so that a batch never fails for its size. */
export const batchRecordsMax = 500;
export const batchBytesMax = 512 * 1024;

export interface Batch {
  readonly boot: string;
  readonly firstSeq: number;
  readonly observations: Observation[];
}

/**
 * The next records to send, the oldest boot's first; null where the service has everything. Throws where the journal has
 * records that cannot be read any more: what comes after them must not be sent as if there were none.
 */
export function nextBatch(
  journal: JournalView,
  sendFrom: ReadonlyMap<string, number>,
): Batch | null {
  for (const { boot, ackedThrough, nextSeq } of journal.boots()) {
    const firstSeq = sendFrom.get(boot) ?? ackedThrough + 1;
    if (firstSeq >= nextSeq) continue;
    const observations = withinBytes(journal.readFrom(boot, firstSeq, batchRecordsMax));
    if (observations.length === 0)
      throw new JournalError('corrupt', `The journal of boot ${boot} is damaged at ${firstSeq}.`);
    return { boot, firstSeq, observations };
  }
  return null;
}

/** How many records the service does not have yet. */
export function countPending(journal: JournalView): number {
  return journal
    .boots()
    .reduce((sum, { nextSeq, ackedThrough }) => sum + nextSeq - 1 - ackedThrough, 0);
}

/** At least one record, whatever its size: no record is near the bound. */
function withinBytes(observations: readonly Observation[]): Observation[] {
  let bytes = 0;
  const end = observations.findIndex((observation) => {
    bytes += Buffer.byteLength(JSON.stringify(observation)) + 1;
    return bytes > batchBytesMax;
  });
  return end === -1 ? [...observations] : observations.slice(0, Math.max(1, end));
}
