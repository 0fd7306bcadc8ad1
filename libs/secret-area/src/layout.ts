import { encodeGuid, guidBytes } from './guid.ts';

/*
 * The secret table: packed, lengths unsigned and little-endian, GUIDs in EFI's mixed byte order. The table starts where
 * the area starts; the area is the memory that the firmware set aside, the table is what the guest owner put there.
 *
 *   0                16        20                                                 table length       area size
 *   ├────────────────┼─────────┼─────────┬─────────┬─ ─ ─┬─────────┬──────────────┼───────────────────┤
 *   │ tableGuid      │ length  │ entry 0 │ entry 1 │     │ entry n │ 0..19 bytes, │ never looked at   │
 *   │ 16 bytes       │ u32     │         │         │     │         │ ignored      │                   │
 *   └────────────────┴─────────┴─────────┴─────────┴─ ─ ─┴─────────┴──────────────┴───────────────────┘
 *                     counts from byte 0 to the end of the table, this header included
 *
 *   entry:  0                16        20            length
 *           ├────────────────┼─────────┼─────────────┤
 *           │ GUID = usage   │ length  │ data        │    length = 20 + data; the next entry follows at once, unaligned
 *           └────────────────┴─────────┴─────────────┘
 *   wiped:  │ zeros          │ kept    │ zeros       │    the length stays, or every later entry would be lost
 */

/** Marks an area as a secret table; any other start means that nobody filled the area. */
export const tableGuid = '1e74f542-71dd-4d66-963e-ef4287ff173b';
/** The GUID of a wiped entry. */
export const nullGuid = '00000000-0000-0000-0000-000000000000';

/** GUID and length: the same header begins the table and each entry. */
export const headerBytes = guidBytes + 4;
/** Linux stops after this many files; wiped entries do not count. */
export const filesMax = 64;
/** Padded tables end on a multiple of this, the block of the launch secret's cipher. */
export const blockBytes = 16;
/** What is set aside for the area: OVMF where its page also holds the kernel's hashes, OVMF and SVSM, and the most that SEV firmware takes. */
export const areaSizes = [3072, 4096, 16_384] as const;
/** SEV firmware takes no larger launch secret. */
export const launchSecretBytesMax = 16_384;
/** Our own bound on what is built: 16 MiB, far above the area of any known firmware. */
export const tableBytesMax = 16 * 1024 * 1024;
/** Our own bound on a walk: as many headers as `tableBytesMax` can hold, of which Linux would show 64. */
export const entriesMax = Math.floor(tableBytesMax / headerBytes);
/** Data is overwritten and read back in pieces of this size at most, whatever an entry's length claims. */
export const chunkBytes = 1024 * 1024;

export interface Header {
  guid: string;
  length: number;
}

export function encodeHeader(header: Header): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  bytes.set(encodeGuid(header.guid));
  new DataView(bytes.buffer).setUint32(guidBytes, header.length, true);
  return bytes;
}
