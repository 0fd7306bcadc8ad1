import type { Observation } from '@vestige/contract';

import { type BootDirectory, listBoots, listSegments, readAcknowledged } from './boot-directory.ts';
import type { JournalRecord } from './record.ts';
import { SegmentReader } from './segment-reader.ts';

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

/** The boot that is being written and how far it is durable: what is not is not shown. */
export type DurableThrough = () => { boot: string; lastSeq: number };

/** Opens a journal for reading, also while another thread or process writes it. */
export function openJournalView(journalDir: string, durable?: DurableThrough): JournalView {
  const reader = new SegmentReader();
  const nextSeqOf = (directory: BootDirectory): number => {
    const current = durable?.();
    if (current?.boot === directory.boot) return current.lastSeq + 1;
    const last = listSegments(directory).at(-1);
    return last === undefined
      ? 0
      : last.firstSeq + reader.read(last, last.firstSeq, Infinity).length;
  };
  return {
    boots: () =>
      listBoots(journalDir).flatMap((directory) => {
        const firstSeq = listSegments(directory)[0]?.firstSeq ?? 0;
        const nextSeq = nextSeqOf(directory);
        const ackedThrough = Math.max(readAcknowledged(directory), firstSeq - 1);
        return nextSeq === 0 ? [] : [{ boot: directory.boot, firstSeq, nextSeq, ackedThrough }];
      }),
    readFrom: (boot, seq, limit) => {
      const directory = listBoots(journalDir).find((known) => known.boot === boot);
      if (directory === undefined) return [];
      const end = Math.min(seq + limit, nextSeqOf(directory));
      return readRange(reader, directory, { seq, end }).map(
        ({ json }) => JSON.parse(json) as Observation,
      );
    },
  };
}

/** A damaged segment ends the range: what comes after it must not be taken for what is missing. */
function readRange(
  reader: SegmentReader,
  directory: BootDirectory,
  { seq, end }: { seq: number; end: number },
): JournalRecord[] {
  const segments = listSegments(directory);
  const wanted = segments.filter(
    (segment, index) => segment.firstSeq < end && (segments[index + 1]?.firstSeq ?? Infinity) > seq,
  );
  const records = wanted.flatMap((segment, index) => {
    const next = wanted[index + 1]?.firstSeq ?? end;
    return reader.read(segment, Math.max(seq, segment.firstSeq), Math.min(end, next));
  });
  const hole = records.findIndex((record, index) => record.seq !== seq + index);
  return hole === -1 ? records : records.slice(0, hole);
}
