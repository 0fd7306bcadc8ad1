import { closeSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { Observation } from '@vestige/contract';

import {
  type BootDirectory,
  listSegments,
  listSetAside,
  openSegment,
  readAcknowledged,
  type Segment,
  setAsidePath,
  syncDirectory,
} from './boot-directory.ts';
import { decodeRecords, type JournalRecord, lastRecord } from './record.ts';

/** What of a boot can never be delivered. */
export interface Damage {
  /** The guest's clock at the last record before, and at the last one after; null where that cannot be told. */
  from: string | null;
  until: string | null;
  lost: number | null;
}

/**
 * What an earlier boot has after the record that was acknowledged last: records that can be read, nothing, or first of all
 * damage. What a crash tore has no line's end and was never told of: it is nothing.
 */
export function restOf(directory: BootDirectory): 'records' | 'nothing' | Damage {
  const segments = listSegments(directory);
  const [first, last] = [segments[0], segments.at(-1)];
  if (first === undefined || last === undefined) return 'nothing';
  const nextSeq = Math.max(readAcknowledged(directory) + 1, first.firstSeq);
  const segment = segments.findLast(({ firstSeq }) => firstSeq <= nextSeq) ?? first;
  const bytes = readSegment(segment);
  const { records, validBytes } = decodeRecords(bytes, segment.firstSeq);
  if (nextSeq < segment.firstSeq + records.length) return 'records';
  const tail = segment === last ? bytes.subarray(validBytes) : readSegment(last);
  if (segment === last && !tail.includes('\n')) return 'nothing';
  const before = records.at(-1) ?? endOf(segments[segments.indexOf(segment) - 1]);
  return damageBetween(before, lastRecord(tail), nextSeq);
}

function damageBetween(
  before: JournalRecord | null,
  end: JournalRecord | null,
  nextSeq: number,
): 'nothing' | Damage {
  if (end === null) return { from: timeOf(before), until: null, lost: null };
  if (end.seq < nextSeq) return 'nothing';
  return { from: timeOf(before), until: timeOf(end), lost: end.seq + 1 - nextSeq };
}

/** Takes it out of what is delivered, and keeps it for a person: nothing ever removes it. */
export function setAside(directory: BootDirectory): void {
  renameSync(directory.path, setAsidePath(directory));
  syncDirectory(dirname(directory.path));
}

/** What was set aside and is not told of in a journal yet. */
export function listUntold(journalDir: string): BootDirectory[] {
  return listSetAside(journalDir).filter(({ path }) => !hasFile(toldPath(path)));
}

/** A mark that cannot be made only lets it be told once more. */
export function markTold({ path }: BootDirectory): void {
  try {
    writeFileSync(toldPath(path), '', { mode: 0o600 });
  } catch {}
}

/** The contract has no reason of its own for it: of those it has, only this one says that the journal lost what was seen. */
export function damageGap(directory: BootDirectory, at: string): Observation {
  return {
    type: 'agent.gap',
    at,
    data: { reason: 'journal-full', ...damageOf(directory), source: null },
  };
}

/** A disk that gives back wrong bits may give back none the next time: then nothing can be told, and it is a gap all the same. */
function damageOf(directory: BootDirectory): Damage {
  const untold = { from: null, until: null, lost: null };
  try {
    const rest = restOf(directory);
    return typeof rest === 'string' ? untold : rest;
  } catch {
    return untold;
  }
}

function endOf(segment: Segment | undefined): JournalRecord | null {
  return segment === undefined ? null : lastRecord(readSegment(segment));
}

function timeOf(record: JournalRecord | null): string | null {
  if (record === null) return null;
  const parsed = Observation.safeParse(JSON.parse(record.json));
  return parsed.success ? parsed.data.at : null;
}

function toldPath(path: string): string {
  return join(path, 'told');
}

function hasFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function readSegment(segment: Segment): Buffer {
  const fd = openSegment(segment);
  try {
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}
