import { diagnose, diagnoseEntries } from './diagnose.ts';
import { SecretAreaError } from './error.ts';
import { guidBytes } from './guid.ts';
import { noDirectory, viewAsKernel } from './kernel-view.ts';
import {
  decodeHeader,
  entriesMax,
  type Header,
  headerBytes,
  nullGuid,
  tableGuid,
} from './layout.ts';
import type { AreaReader } from './reader.ts';
import { knownUsage } from './registry.ts';
import type { Diagnostic, DiagnosticCode, Entry, SecretTable } from './table.ts';

/** What `tableGuid` reads as where its writer forgot that EFI stores three groups little-endian. */
const swappedTableGuid = '42f5741e-dd71-664d-963e-ef4287ff173b';

/**
 * Reads the headers of a secret area, 20 bytes each, and never a byte of data. What is wrong with the table is in the
 * result; it throws only where the area cannot be read or has more than `entriesMax` entries.
 */
export async function parseTable(area: AreaReader): Promise<SecretTable> {
  // Linux: an area smaller than one header is invalid.
  if (area.size < headerBytes) return refused(area, 0, diagnose('area-too-small', 0));
  const header = await readHeader(area, 0);
  // Linux: without the table's GUID the area is not populated, which is no error.
  if (header.guid !== tableGuid) return unpopulated(area, header);
  // Linux: a table shorter than its own header is "too small".
  if (header.length < headerBytes) {
    return refused(area, header.length, diagnose('table-too-short', guidBytes));
  }
  return populated(area, header.length);
}

async function populated(area: AreaReader, tableLength: number): Promise<SecretTable> {
  // Linux: a table larger than its area is "too big". Its entries are still told, as far as the area goes.
  const fits = tableLength <= area.size;
  const walk = await walkEntries(area, Math.min(tableLength, area.size));
  const kernelView = fits ? viewAsKernel(walk.entries, walk.breaksOff) : noDirectory('EINVAL');
  const sound = kernelView.error === null && !walk.breaksOff;
  return {
    state: sound ? 'populated' : 'corrupt',
    areaSize: area.size,
    tableLength,
    entries: walk.entries,
    kernelView,
    diagnostics: [
      ...(fits ? [] : [diagnose('table-larger-than-area', guidBytes)]),
      ...diagnoseEntries(walk.entries),
      ...walk.diagnostics,
    ],
    unreached: walk.breaksOff ? { offset: walk.end, length: area.size - walk.end } : null,
  };
}

interface Walk {
  entries: Entry[];
  /** Where the last well-formed entry ends. */
  end: number;
  breaksOff: boolean;
  diagnostics: Diagnostic[];
}

async function walkEntries(area: AreaReader, tableEnd: number): Promise<Walk> {
  const entries: Entry[] = [];
  let offset = headerBytes;
  // Linux: the walk ends where fewer than 20 bytes are left.
  while (tableEnd - offset >= headerBytes) {
    if (entries.length === entriesMax) throw new SecretAreaError('too-many-entries', offset);
    const header = await readHeader(area, offset);
    const flaw = lengthFlaw(header, tableEnd - offset);
    if (flaw)
      return { entries, end: offset, breaksOff: true, diagnostics: [diagnose(flaw, offset)] };
    entries.push(entryAt(offset, entries.length, header));
    offset += header.length;
  }
  const diagnostics = offset < tableEnd ? [diagnose('trailing-bytes', offset)] : [];
  return { entries, end: offset, breaksOff: false, diagnostics };
}

function lengthFlaw(header: Header, bytesLeft: number): DiagnosticCode | null {
  // Linux: an entry shorter than its own header corrupts the table, also where its GUID is null.
  if (header.length < headerBytes) {
    return header.length === 0 && header.guid === nullGuid ? 'entry-zeroed' : 'entry-too-short';
  }
  // Linux: so does an entry that is longer than what is left of the table.
  return header.length > bytesLeft ? 'entry-past-end' : null;
}

function entryAt(offset: number, index: number, { guid, length }: Header): Entry {
  const usage = knownUsage(guid);
  return {
    index,
    offset,
    guid,
    length,
    dataLength: length - headerBytes,
    dataOffset: offset + headerBytes,
    state: guid === nullGuid ? 'deleted' : 'live',
    ...(usage === undefined ? {} : { usage }),
  };
}

async function readHeader(area: AreaReader, offset: number): Promise<Header> {
  return decodeHeader(await area.read(offset, headerBytes));
}

/** A table whose bounds are unknown: nothing behind its header can be told apart. */
function refused(area: AreaReader, tableLength: number, diagnostic: Diagnostic): SecretTable {
  const offset = Math.min(area.size, headerBytes);
  return {
    state: 'corrupt',
    areaSize: area.size,
    tableLength,
    entries: [],
    kernelView: noDirectory('EINVAL'),
    diagnostics: [diagnostic],
    unreached: { offset, length: area.size - offset },
  };
}

function unpopulated(area: AreaReader, { guid }: Header): SecretTable {
  return {
    state: 'unpopulated',
    areaSize: area.size,
    tableLength: 0,
    entries: [],
    kernelView: noDirectory(null),
    diagnostics: guid === swappedTableGuid ? [diagnose('header-guid-byte-order', 0)] : [],
    unreached: null,
  };
}
