import type { BootLedger } from '../ledger/boot-ledger.ts';
import type { Records } from '../records.ts';
import { type Conflict, conflictKey, recordOf } from './conflicts.ts';

export interface ConflictRecorderOptions {
  readonly ledger: Pick<BootLedger, 'read'>;
  readonly records: Pick<Records, 'record'>;
  readonly exclusively: <T>(task: () => Promise<T>) => Promise<T>;
  readonly isStopping: () => boolean;
}

/** Writes a conflict to the journal. A kill may come between the record and the note of it: the ledger knows what is there. */
export function conflictRecorder({
  ledger,
  records,
  exclusively,
  isStopping,
}: ConflictRecorderOptions): (conflict: Conflict) => Promise<void> {
  return (conflict) =>
    exclusively(async () => {
      const data = recordOf(conflict);
      const key = conflictKey(conflict.reason, conflict.seen);
      if (data === null || ledger.read().lastConflict === key) return;
      // The agent's stop is its last word; the conflict stays due for the next start.
      if (isStopping()) throw new Error('the agent stops');
      await records.record('agent.checkpoint-conflict', data);
    });
}
