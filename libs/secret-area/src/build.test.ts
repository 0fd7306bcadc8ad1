import { describe, expect, it } from 'vitest';

import { buildTable } from './build.ts';
import { nullGuid, tableBytesMax } from './layout.ts';
import { numberedGuid, text } from './testing/raw-area.ts';
import * as vectors from './testing/vectors.ts';

const luksKey = '736869e5-84f0-4973-92ec-06879ce3da0b';
const passphrase = { guid: luksKey, data: text('MY-LUKS-PASSPHRASE') };
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const entry = (guid: string) => ({ guid, data: text('x') });
const tableLength = (image: Uint8Array) => new DataView(image.buffer).getUint32(16, true);

describe('buildTable', () => {
  it('writes what sevctl writes', () => {
    expect(hex(buildTable([passphrase]))).toBe(vectors.sevctlSingle);
    const other = { guid: '736869E5-AAAA-4973-92EC-06879CE3DA0B', data: text('SOME OTHER SECRET') };
    expect(hex(buildTable([passphrase, other]))).toBe(vectors.sevctlTwo);
  });

  it('writes the table of the kernel documentation', () => {
    const data = vectors.fromHex(vectors.kernelDocumentationData);
    const guid = 'e6f5a162-d67f-4750-a67c-5d065f2a9910';
    expect(hex(buildTable([{ guid, data }]))).toBe(vectors.kernelDocumentation);
  });

  it('writes what aleph writes: padding counted, NUL at the end', () => {
    const image = buildTable([{ guid: luksKey, data: text('hello') }], {
      padding: 'included',
      nul: true,
    });
    expect(hex(image)).toBe(vectors.alephStyle);
  });

  it('writes what EDK2 writes for Arm CCA: no padding, NUL at the end', () => {
    const image = buildTable([{ guid: luksKey, data: text('root') }], {
      padding: 'none',
      nul: true,
    });
    expect(hex(image)).toBe(vectors.armCcaStyle);
  });

  it.each([
    [16_343, 16_383],
    [16_344, 16_384],
  ])('pads no further than sevctl: %i bytes of data fill 16384', (dataLength, length) => {
    const guid = '23058844-597b-42fb-8259-a0f5d9d495af';
    const image = buildTable([{ guid, data: new Uint8Array(dataLength).fill(0x2e) }]);
    expect(image).toHaveLength(16_384);
    expect(tableLength(image)).toBe(length);
  });

  it('fills the area with zeros that the table length does not count', () => {
    const image = buildTable([passphrase], { areaSize: 4096 });
    expect(image).toHaveLength(4096);
    expect(tableLength(image)).toBe(58);
    expect(image.subarray(58).every((byte) => byte === 0)).toBe(true);
  });

  it('fills an area to its last byte and refuses one byte less', () => {
    expect(buildTable([passphrase], { areaSize: 58 })).toHaveLength(58);
    expect(() => buildTable([passphrase], { areaSize: 57 })).toThrow(
      expect.objectContaining({ code: 'table-too-large' }),
    );
  });

  it.each([Number.NaN, -1, tableBytesMax + 1])('refuses an area of %d bytes', (areaSize) => {
    expect(() => buildTable([], { areaSize })).toThrow(
      expect.objectContaining({ code: 'table-too-large' }),
    );
  });

  it('refuses what Linux would hide: null GUID, duplicate, 65th entry', () => {
    const many = Array.from({ length: 65 }, (_, n) => entry(numberedGuid(n + 1)));
    expect(buildTable(many.slice(0, 64))).toHaveLength(1376);
    expect(() => buildTable(many)).toThrow(
      expect.objectContaining({ code: 'too-many-entries', offset: 20 + 64 * 21 }),
    );
    expect(() => buildTable([entry(nullGuid)])).toThrow(
      expect.objectContaining({ code: 'null-guid' }),
    );
    expect(() => buildTable([entry(luksKey), entry(luksKey.toUpperCase())])).toThrow(
      expect.objectContaining({ code: 'duplicate-guid', offset: 41 }),
    );
    expect(() => buildTable([entry('luks-key')])).toThrow(
      expect.objectContaining({ code: 'malformed-guid' }),
    );
  });
});
