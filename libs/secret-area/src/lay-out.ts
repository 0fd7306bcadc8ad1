import { SecretAreaError } from './error.ts';
import { normaliseGuid } from './guid.ts';
import { areaSizes, blockBytes, filesMax, headerBytes, nullGuid, tableBytesMax } from './layout.ts';

/**
 * - `exact`: zeros up to a block of 16 bytes, not counted in the table length (sevctl, simple-kbs).
 * - `extra-block`: the same, and a whole block where the table ends on one already (libvirt).
 * - `included`: zeros up to a block, counted (aleph).
 * - `none`: the table ends with its last entry (EDK2 for Arm CCA, SVSM).
 */
export type Padding = 'exact' | 'extra-block' | 'included' | 'none';

export interface BuildOptions {
  /** Fill the result with zeros to this size; the table length does not count them. */
  areaSize?: number;
  padding?: Padding;
  /** End each entry's data with one NUL more: GRUB needs it, systemd-cryptsetup must not have it. */
  nul?: boolean;
}

/** What each known writer does; `exact` without NUL is our own default. */
export const conventions = {
  sevctl: { padding: 'exact', nul: false },
  'simple-kbs': { padding: 'exact', nul: false },
  libvirt: { padding: 'extra-block', nul: false },
  aleph: { padding: 'included', nul: true },
  'arm-cca': { padding: 'none', nul: true },
  svsm: { padding: 'none', nul: false },
} as const satisfies Record<string, { padding: Padding; nul: boolean }>;
export type Convention = keyof typeof conventions;

export interface EntrySize {
  guid: string;
  dataLength: number;
}

export interface Place {
  guid: string;
  offset: number;
  length: number;
}

export interface Plan {
  places: Place[];
  tableLength: number;
  areaSize: number;
}

/** Says where everything comes to lie; refuses what Linux would not list in full, and what does not fit. */
export function layOut(entries: readonly EntrySize[], options: BuildOptions): Plan {
  const { padding = 'exact', nul = false } = options;
  const places = place(entries, nul ? 1 : 0);
  const end = endOf(places);
  const tableLength = padding === 'included' ? end + paddingAfter(end, padding) : end;
  const areaSize = options.areaSize ?? end + paddingAfter(end, padding);
  // Linux refuses an area that is smaller than its table.
  const fits = tableLength <= areaSize && areaSize <= tableBytesMax;
  if (!fits) throw new SecretAreaError('table-too-large', 0, budget(places, tableLength, areaSize));
  return { places, tableLength, areaSize };
}

function paddingAfter(end: number, padding: Padding): number {
  if (padding === 'none') return 0;
  const short = (blockBytes - (end % blockBytes)) % blockBytes;
  return padding === 'extra-block' && short === 0 ? blockBytes : short;
}

function place(entries: readonly EntrySize[], nulBytes: number): Place[] {
  const placed = new Map<string, Place>();
  let offset = headerBytes;
  for (const entry of entries) {
    const guid = normaliseGuid(entry.guid);
    // Linux skips a null GUID, refuses a duplicate with the whole area, and never lists a 65th entry.
    if (guid === nullGuid) throw new SecretAreaError('null-guid', offset);
    if (placed.has(guid)) throw new SecretAreaError('duplicate-guid', offset);
    if (placed.size === filesMax) throw new SecretAreaError('too-many-entries', offset);
    const length = headerBytes + entry.dataLength + nulBytes;
    placed.set(guid, { guid, offset, length });
    offset += length;
  }
  return [...placed.values()];
}

function endOf(places: readonly Place[]): number {
  const last = places.at(-1);
  return last ? last.offset + last.length : headerBytes;
}

/** What is needed, and what would fit. */
function budget(places: readonly Place[], needed: number, areaSize: number): string {
  if (!(areaSize >= headerBytes && areaSize <= tableBytesMax)) {
    return `an area is ${headerBytes} to ${tableBytesMax} bytes; known ones are ${areaSizes.join(', ')}`;
  }
  const fitting = places.filter(({ offset, length }) => offset + length <= areaSize);
  const left = areaSize - endOf(fitting) - headerBytes;
  const room = left >= 0 ? `and one of up to ${left} bytes of data` : 'and no other';
  return `it needs ${needed} bytes and the area has ${areaSize}: the first ${fitting.length} of ${places.length} entries would fit, ${room}`;
}
