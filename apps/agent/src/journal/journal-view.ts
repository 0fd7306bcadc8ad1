import type { Observation } from '@vestige/contract';

/** One boot's part of the journal. Its records are `firstSeq` to `nextSeq - 1`, without holes. */
export interface JournalBoot {
  boot: string;
  /** The first record still kept: what came before was acknowledged and dropped. */
  firstSeq: number;
  nextSeq: number;
  /** The last record that the service acknowledged; -1 where none was. */
  ackedThrough: number;
}

/** What the uplink reads. Only the observer's worker writes, so this side needs no lock. */
export interface JournalView {
  /** The boots that have records, the oldest first; the current boot is last. */
  boots(): JournalBoot[];
  /** At most `limit` records from `seq` on, in order; empty where there are none yet. */
  readFrom(boot: string, seq: number, limit: number): Observation[];
}
