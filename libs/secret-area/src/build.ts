import { SecretAreaError } from './error.ts';
import { normaliseGuid } from './guid.ts';
import {
  blockBytes,
  encodeHeader,
  filesMax,
  headerBytes,
  nullGuid,
  tableBytesMax,
  tableGuid,
} from './layout.ts';

export interface NewEntry {
  guid: string;
  data: Uint8Array;
}

/**
 * - `exact`: zeros up to a block of 16 bytes, not counted in the table length (sevctl, simple-kbs).
 * - `included`: the same zeros, counted (aleph).
 * - `none`: the table ends with its last entry (EDK2 for Arm CCA, SVSM).
 */
export type Padding = 'exact' | 'included' | 'none';

export interface BuildOptions {
  /** Fill the result with zeros to this size; the table length does not count them. */
  areaSize?: number;
  padding?: Padding;
  /** End each entry's data with one NUL more: GRUB needs it, systemd-cryptsetup must not have it. */
  nul?: boolean;
}

/**
 * Builds the image of a secret table that Linux accepts and lists in full: no null GUID, no GUID twice, at most 64
 * entries. The result holds the secrets; fill it with zeros when done.
 */
export function buildTable(entries: readonly NewEntry[], options: BuildOptions = {}): Uint8Array {
  const { padding = 'exact', nul = false } = options;
  const placed = place(entries, nul ? 1 : 0);
  const { tableLength, areaSize } = measure(placed.end, padding, options.areaSize);
  const image = new Uint8Array(areaSize);
  image.set(encodeHeader({ guid: tableGuid, length: tableLength }));
  for (const { guid, offset, length, data } of placed.entries) {
    image.set(encodeHeader({ guid, length }), offset);
    image.set(data, offset + headerBytes);
  }
  return image;
}

function measure(end: number, padding: Padding, wantedSize: number | undefined) {
  const padded = padding === 'none' ? end : Math.ceil(end / blockBytes) * blockBytes;
  const areaSize = wantedSize ?? padded;
  const tableLength = padding === 'included' ? padded : end;
  // Linux refuses an area that is smaller than its table.
  const fits = tableLength <= areaSize && areaSize <= tableBytesMax;
  if (!fits) throw new SecretAreaError('table-too-large', 0);
  return { tableLength, areaSize };
}

interface Placed extends NewEntry {
  offset: number;
  length: number;
}

function place(entries: readonly NewEntry[], nulBytes: number): { entries: Placed[]; end: number } {
  const placed = new Map<string, Placed>();
  let offset = headerBytes;
  for (const entry of entries) {
    const guid = normaliseGuid(entry.guid);
    // Linux skips a null GUID, refuses a duplicate with the whole area, and never lists a 65th entry.
    if (guid === nullGuid) throw new SecretAreaError('null-guid', offset);
    if (placed.has(guid)) throw new SecretAreaError('duplicate-guid', offset);
    if (placed.size === filesMax) throw new SecretAreaError('too-many-entries', offset);
    const length = headerBytes + entry.data.length + nulBytes;
    placed.set(guid, { guid, data: entry.data, offset, length });
    offset += length;
  }
  return { entries: [...placed.values()], end: offset };
}
