import { SecretAreaError } from './error.ts';
import type { Found } from './finds.ts';
import { guidBytes, guidText, guidTexts, isNullGuid, normaliseGuid, wordsOf } from './guid.ts';
import { verdictOf } from './kernel-view.ts';
import { headerBytes, nullGuid } from './layout.ts';
import { stateOf, unreachedBy, walkArea } from './parse.ts';
import type { AreaWriter } from './reader.ts';
import { guidRunsOf, type Run, runsOf, RunWriter } from './run.ts';
import type { TableState } from './table.ts';
import { walkToWipe } from './walk-to-wipe.ts';
import type { Walk } from './walk.ts';
import { firstNotZero } from './zeros.ts';

/** What a wipe did. It counts as verified only where `synced` and `readBackZero` are both true. */
export interface WipeReport {
  /** `already-gone`: no live entry was asked for, so no GUID was cleared. */
  outcome: 'wiped' | 'already-gone';
  /** The ranges overwritten; `bytesOverwritten` counts data and GUID, never the length, which is kept. */
  entries: { guid: string; offset: number; length: number; bytesOverwritten: number }[];
  /** GUIDs asked for that no well-formed entry has. */
  notFound: string[];
  /** What was written is as durable as the medium can make it; false where nothing was written. */
  synced: boolean;
  /** Every byte overwritten was read back as zero; false where nothing was written. */
  readBackZero: boolean;
  /** How the table was found. */
  tableState: TableState;
  /** Bytes behind an impossible length, left alone: more secrets may be there. */
  unreachedBytes: number;
}

/**
 * Wipes every entry of this GUID. Of a corrupt table the well-formed entries can be wiped; where none of them has the
 * GUID it throws `unreachable`, as the entry may be behind the damage.
 */
export function wipeEntry(area: AreaWriter, guid: string): Promise<WipeReport> {
  return wipeEntries(area, [guid]);
}

/** The same for several GUIDs. Of a corrupt table it wipes those that it finds, and throws only where it finds none. */
export async function wipeEntries(area: AreaWriter, guids: readonly string[]): Promise<WipeReport> {
  const wanted = new Set(guids.map(normaliseGuid));
  if (wanted.has(nullGuid)) throw new SecretAreaError('null-guid', 0);
  const walk = await walkArea(area);
  const words = [...wanted].map(wordsOf);
  const { found } = walk;
  const targets = found.where((index) => words.some((guid) => found.hasGuid(index, guid)));
  for (const entry of targets) wanted.delete(guidText(entry));
  return wipe(area, walk, targets, [...wanted]);
}

/**
 * Wipes every well-formed entry, and the data of deleted ones once more: a null GUID does not prove that the data went
 * with it. Of a corrupt table with nothing to wipe before the damage it throws `unreachable`. Small entries are read whole
 * to find the next, into memory that is zeroed; `wipeEntries` reads headers only.
 */
export async function wipeAll(area: AreaWriter): Promise<WipeReport> {
  const walk = await walkToWipe(area);
  const { found } = walk;
  const isWanted = (at: number) => !found.isNullAt(at) || found.lengthAt(at) > headerBytes;
  const targets = found.where(isWanted);
  return wipe(area, walk, targets, []);
}

/**
 * Data first, made durable, then the GUIDs: a crash in between leaves a live entry of zeros, which the next wipe finds,
 * and never a deleted one that still has its data. For the same reason an entry whose data does not read back as zero
 * keeps its GUID.
 */
async function wipe(
  area: AreaWriter,
  walk: Walk,
  targets: readonly Found[],
  notFound: string[],
): Promise<WipeReport> {
  const unreached = unreachedBy(walk);
  if (targets.length === 0 && unreached) throw new SecretAreaError('unreachable', unreached.offset);
  const report: WipeReport = {
    outcome: targets.some(isLive) ? 'wiped' : 'already-gone',
    entries: [],
    notFound,
    synced: false,
    readBackZero: false,
    tableState: stateOf(walk, verdictOf(walk)),
    unreachedBytes: unreached?.length ?? 0,
  };
  if (targets.length === 0) return report;

  const runs = runsOf(targets);
  const stuck = new Set<Found>();
  const writer = new RunWriter(area, runs, stuck);
  for (const run of runs) await writer.writeData(run);
  await area.sync();
  await findStuck(area, runs, writer, stuck);
  const named = guidRunsOf(targets).filter((run) => run.some(isLive));
  for (const run of named) await writer.writeGuids(run);
  await area.sync();
  report.entries = overwritten(targets, stuck);
  report.synced = true;
  report.readBackZero = stuck.size === 0 && (await allNullGuids(named, writer));
  return report;
}

/** Adds the entries whose data is not proven to be zero. */
async function findStuck(
  area: AreaWriter,
  runs: readonly Run[],
  writer: RunWriter,
  stuck: Set<Found>,
): Promise<void> {
  for (const run of runs) {
    if (await writer.hasData(run)) continue;
    for (const entry of run) if (!(await isZero(area, entry))) stuck.add(entry);
  }
}

async function isZero(area: AreaWriter, { offset, length }: Found): Promise<boolean> {
  return (await firstNotZero(area, offset + headerBytes, length - headerBytes)) === -1;
}

async function allNullGuids(runs: readonly Run[], writer: RunWriter): Promise<boolean> {
  for (const run of runs) {
    if (!(await writer.hasNullGuids(run))) return false;
  }
  return true;
}

function overwritten(targets: readonly Found[], stuck: ReadonlySet<Found>): WipeReport['entries'] {
  const guids = guidTexts(targets);
  return targets.map((entry, at) => {
    const { offset, length } = entry;
    const guidWritten = isLive(entry) && !stuck.has(entry) ? guidBytes : 0;
    const bytesOverwritten = length - headerBytes + guidWritten;
    return { guid: guids[at]!, offset, length, bytesOverwritten };
  });
}

function isLive(entry: Found): boolean {
  return !isNullGuid(entry);
}
