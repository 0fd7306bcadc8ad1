import { encodeHeader, headerBytes, tableGuid } from '../layout.ts';

export interface RawEntry {
  guid: string;
  data?: Uint8Array;
  /** The length field, where it is to lie. */
  length?: number;
}

export interface RawTable {
  guid?: string;
  /** The length field, where it is to lie. */
  length?: number;
  areaSize?: number;
  trailing?: Uint8Array;
}

/** An area as no honest writer makes it: every field can be wrong. */
export function rawArea(entries: readonly RawEntry[], table: RawTable = {}): Uint8Array {
  const body = [...entries.map(rawEntry), table.trailing ?? new Uint8Array(0)];
  const length = headerBytes + body.reduce((sum, bytes) => sum + bytes.length, 0);
  const header = encodeHeader({ guid: table.guid ?? tableGuid, length: table.length ?? length });
  return resize(Buffer.concat([header, ...body]), table.areaSize ?? length);
}

function rawEntry({ guid, data = new Uint8Array(0), length }: RawEntry): Uint8Array {
  return Buffer.concat([encodeHeader({ guid, length: length ?? headerBytes + data.length }), data]);
}

/** Cuts or fills with zeros, as firmware lays a table into its area. */
export function resize(bytes: Uint8Array, size: number): Uint8Array {
  const area = new Uint8Array(size);
  area.set(bytes.subarray(0, size));
  return area;
}

/** The n-th of many different GUIDs. */
export function numberedGuid(n: number): string {
  return `${n.toString(16).padStart(8, '0')}-1111-2222-8333-444455556666`;
}

export function text(data: string): Uint8Array {
  return new TextEncoder().encode(data);
}
