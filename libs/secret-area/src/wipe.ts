import { SecretAreaError } from './error.ts';
import { guidBytes, normaliseGuid } from './guid.ts';
import { chunkBytes, nullGuid } from './layout.ts';
import { parseTable } from './parse.ts';
import type { AreaWriter } from './reader.ts';
import type { Entry, SecretTable, TableState } from './table.ts';

/** What a wipe did. It counts as verified only where `synced` and `readBackZero` are both true. */
export interface WipeReport {
  /** `already-gone`: no live entry was asked for, so no GUID was cleared. */
  outcome: 'wiped' | 'already-gone';
  /** The ranges overwritten; `bytesOverwritten` counts data and GUID, never the length, which is kept. */
  entries: { guid: string; offset: number; length: number; bytesOverwritten: number }[];
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
export async function wipeEntry(area: AreaWriter, guid: string): Promise<WipeReport> {
  const wanted = normaliseGuid(guid);
  if (wanted === nullGuid) throw new SecretAreaError('null-guid', 0);
  const table = await parseTable(area);
  return wipe(
    area,
    table,
    table.entries.filter((entry) => entry.guid === wanted),
  );
}

/**
 * Wipes every well-formed entry, and the data of deleted ones once more: a null GUID does not prove that the data went
 * with it. Of a corrupt table without a well-formed entry it throws `unreachable`.
 */
export async function wipeAll(area: AreaWriter): Promise<WipeReport> {
  const table = await parseTable(area);
  return wipe(
    area,
    table,
    table.entries.filter((entry) => entry.state === 'live' || entry.dataLength > 0),
  );
}

/**
 * Data first, made durable, then the GUIDs: a crash in between leaves a live entry of zeros, which the next wipe finds,
 * and never a deleted one that still has its data. For the same reason an entry whose data does not read back as zero
 * keeps its GUID.
 */
async function wipe(
  area: AreaWriter,
  table: SecretTable,
  targets: readonly Entry[],
): Promise<WipeReport> {
  const { unreached, state: tableState } = table;
  if (targets.length === 0 && unreached) throw new SecretAreaError('unreachable', unreached.offset);
  const report: WipeReport = {
    outcome: targets.some((entry) => entry.state === 'live') ? 'wiped' : 'already-gone',
    entries: [],
    synced: false,
    readBackZero: false,
    tableState,
    unreachedBytes: unreached?.length ?? 0,
  };
  if (targets.length === 0) return report;

  for (const entry of targets) await overwrite(area, entry.dataOffset, entry.dataLength);
  await area.sync();
  const cleared = await clearGuids(area, targets);
  report.entries = targets.map(({ guid, offset, length, dataLength }, index) => ({
    guid,
    offset,
    length,
    bytesOverwritten: dataLength + (cleared[index] ? guidBytes : 0),
  }));
  report.synced = true;
  report.readBackZero = await allZero(area, targets);
  return report;
}

/** Tells of each entry whether its GUID was overwritten. */
async function clearGuids(area: AreaWriter, targets: readonly Entry[]): Promise<boolean[]> {
  const cleared: boolean[] = [];
  for (const entry of targets) {
    const clear =
      entry.state === 'live' && (await isZero(area, entry.dataOffset, entry.dataLength));
    if (clear) await overwrite(area, entry.offset, guidBytes);
    cleared.push(clear);
  }
  await area.sync();
  return cleared;
}

async function allZero(area: AreaWriter, targets: readonly Entry[]): Promise<boolean> {
  for (const entry of targets) {
    if (!(await isZero(area, entry.offset, guidBytes))) return false;
    if (!(await isZero(area, entry.dataOffset, entry.dataLength))) return false;
  }
  return true;
}

async function overwrite(area: AreaWriter, offset: number, length: number): Promise<void> {
  for (const [at, size] of chunks(offset, length)) await area.write(at, new Uint8Array(size));
}

async function isZero(area: AreaWriter, offset: number, length: number): Promise<boolean> {
  for (const [at, size] of chunks(offset, length)) {
    const bytes = await area.read(at, size);
    if (bytes.every((byte) => byte === 0)) continue;
    // What was not overwritten is a secret: it must not stay in this process.
    bytes.fill(0);
    return false;
  }
  return true;
}

function* chunks(offset: number, length: number): Generator<[offset: number, size: number]> {
  for (let done = 0; done < length; done += chunkBytes) {
    yield [offset + done, Math.min(chunkBytes, length - done)];
  }
}
