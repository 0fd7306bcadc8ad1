import { bySeverity, diagnose } from './diagnose.ts';
import { SecretAreaError } from './error.ts';
import { normaliseGuid } from './guid.ts';
import { headerBytes, nullGuid } from './layout.ts';
import { parseTable } from './parse.ts';
import type { AreaReader } from './reader.ts';
import type { Diagnostic, Entry, KernelView, SecretTable, TableState } from './table.ts';
import { firstNotZero } from './zeros.ts';

export interface VerifyOptions {
  /** Must have no live entry: these GUIDs, or any. */
  gone?: readonly string[] | 'all';
}

/**
 * - `zero`: wiped, and every byte of its data read as zero.
 * - `data-left`: wiped, but not all of its data is zero.
 * - `live`: not wiped; its data was not looked at.
 */
export type Verdict = 'zero' | 'data-left' | 'live';

export interface VerifyReport {
  /**
   * Every wiped entry is zero, no entry that should be gone is live, and no damage hides anything. An area without a
   * table is verified only where all of it is zero. Says nothing of what Linux shows: a duplicate GUID hides no byte
   * from a verifier and every file from a guest.
   */
  verified: boolean;
  tableState: TableState;
  kernelView: KernelView;
  entries: { index: number; offset: number; guid: string; length: number; verdict: Verdict }[];
  /** GUIDs that should be gone and are live. */
  stillLive: string[];
  /** Bytes behind an impossible length: nobody can say what they are. */
  unreachedBytes: number;
  diagnostics: Diagnostic[];
}

/**
 * Proves from an area that what is deleted is zero, and says what is not. It reads the data of wiped entries and the
 * bytes that no entry owns, and never the data of a live entry. It says what a read gives now; for the medium under a
 * file see `overwriteCaveats`.
 */
export async function verifyTable(
  area: AreaReader,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const isUnwanted = unwanted(options.gone ?? []);
  const table = await parseTable(area);
  const found: Diagnostic[] = [];
  const entries: VerifyReport['entries'] = [];
  for (const entry of table.entries) entries.push(await judge(area, entry, found));
  const isProven = found.length === 0;
  const stray = await firstStray(area, table);
  if (stray !== -1) found.push(diagnose('bytes-behind-table', stray));
  const stillLive = liveGuids(table, isUnwanted);
  return {
    verified: isProven && stillLive.length === 0 && hidesNothing(table, stray),
    tableState: table.state,
    kernelView: table.kernelView,
    entries,
    stillLive,
    unreachedBytes: table.unreached?.length ?? 0,
    diagnostics: bySeverity([...found, ...stillSaid(table)]),
  };
}

/** An image that was cut hides what it should have had. */
function hidesNothing(table: SecretTable, stray: number): boolean {
  const isWhole = table.unreached === null && table.tableLength <= table.areaSize;
  return isWhole && (table.state !== 'unpopulated' || stray === -1);
}

function liveGuids({ entries }: SecretTable, isWanted: (guid: string) => boolean): string[] {
  const live = entries.filter(({ guid, state }) => state === 'live' && isWanted(guid));
  return [...new Set(live.map(({ guid }) => guid))];
}

function unwanted(gone: readonly string[] | 'all'): (guid: string) => boolean {
  if (gone === 'all') return () => true;
  const guids = new Set(gone.map(normaliseGuid));
  if (guids.has(nullGuid)) throw new SecretAreaError('null-guid', 0);
  return (guid) => guids.has(guid);
}

async function judge(
  area: AreaReader,
  { index, offset, guid, length, dataOffset, dataLength, state }: Entry,
  found: Diagnostic[],
): Promise<VerifyReport['entries'][number]> {
  const said = { index, offset, guid, length };
  if (state === 'live') return { ...said, verdict: 'live' };
  const left = await firstNotZero(area, dataOffset, dataLength);
  if (left === -1) return { ...said, verdict: 'zero' };
  found.push(diagnose('null-guid-data-left', left));
  return { ...said, verdict: 'data-left' };
}

/** The first byte that is not zero where no entry is: padding, the area behind the table, or all of it without one. */
async function firstStray(area: AreaReader, table: SecretTable): Promise<number> {
  if (table.unreached !== null) return -1;
  const last = table.entries.at(-1);
  const end = last ? last.offset + last.length : Math.min(table.tableLength, headerBytes);
  return firstNotZero(area, end, area.size - end);
}

/** What parsing says still holds, but for what has just been proven or refuted. */
function stillSaid({ diagnostics }: SecretTable): Diagnostic[] {
  return diagnostics.filter(({ code }) => code !== 'null-guid-unproven');
}
