import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { buildFrom, buildTable, bytesSource, fileSource, type SecretSource } from './build.ts';
import { type Convention, conventions } from './lay-out.ts';
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

const buildAs = (convention: Convention, dataLength: number) =>
  buildTable([{ guid: luksKey, data: new Uint8Array(dataLength) }], conventions[convention]);

describe('the conventions of writers', () => {
  it.each([
    // An entry of 8 bytes ends on a block.
    ['sevctl', 8, 48, 48],
    ['sevctl', 9, 64, 49],
    ['simple-kbs', 9, 64, 49],
    ['libvirt', 8, 64, 48],
    ['libvirt', 9, 64, 49],
    ['aleph', 8, 64, 64],
    ['aleph', 7, 48, 48],
    ['arm-cca', 8, 49, 49],
    ['svsm', 8, 48, 48],
    ['svsm', 9, 49, 49],
  ] as const)('is kept for %s with %i bytes of data', (convention, dataLength, size, length) => {
    const image = buildAs(convention, dataLength);
    expect(image).toHaveLength(size);
    expect(tableLength(image)).toBe(length);
  });
});

describe('the budget of an area', () => {
  const many = Array.from({ length: 4 }, (_, n) => ({
    guid: numberedGuid(n + 1),
    data: new Uint8Array(1000),
  }));
  const detail = (entries: typeof many, areaSize: number) => {
    try {
      buildTable(entries, { areaSize });
    } catch (error) {
      return String(error);
    }
    return 'it fits';
  };

  it('says what is needed and what would fit', () => {
    expect(detail(many, 4100)).toBe('it fits');
    expect(detail(many, 4096)).toContain(
      'it needs 4100 bytes and the area has 4096: the first 3 of 4 entries would fit, and one of up to 996 bytes of data',
    );
    expect(detail(many, 3072)).toContain(
      'the first 2 of 4 entries would fit, and one of up to 992',
    );
    expect(detail(many, 1050)).toContain('the first 1 of 4 entries would fit, and no other');
    expect(detail(many, 30)).toContain('the first 0 of 4 entries would fit, and no other');
  });

  it('names the areas that there are where the size is impossible', () => {
    expect(detail(many, 19)).toContain('known ones are 3072, 4096, 16384');
  });
});

describe('buildFrom', () => {
  let directory: string;
  let file: string;

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'secret-area-'));
    file = path.join(directory, 'secret');
    await writeFile(file, 'SOME OTHER SECRET');
  });

  afterEach(() => rm(directory, { recursive: true }));

  it('builds from bytes and files what buildTable builds, and zeroes the bytes', async () => {
    await using handle = await open(file, 'r');
    const data = text('MY-LUKS-PASSPHRASE');
    const sources = [
      bytesSource(luksKey, data),
      await fileSource('736869e5-aaaa-4973-92ec-06879ce3da0b', handle),
    ];
    expect(hex(await buildFrom(sources))).toBe(vectors.sevctlTwo);
    expect(data.every((byte) => byte === 0)).toBe(true);
  });

  it('refuses a file that changes its length while it is read', async () => {
    await using handle = await open(file, 'r');
    const shorter = await fileSource(luksKey, handle);
    await truncate(file, 5);
    await expect(buildFrom([shorter])).rejects.toMatchObject({ code: 'source-changed', offset: 5 });
    const longer = await fileSource(luksKey, handle);
    await writeFile(file, 'SOME OTHER SECRET');
    await expect(buildFrom([longer])).rejects.toMatchObject({ code: 'source-changed', offset: 5 });
  });

  it('refuses what is no file', async () => {
    await using handle = await open(directory, 'r');
    await expect(fileSource(luksKey, handle)).rejects.toMatchObject({ code: 'not-a-file' });
  });

  it('takes no secret from a source before it knows that all fit', async () => {
    const data = text('canary');
    const again = bytesSource(luksKey, data);
    await expect(buildFrom([again, again])).rejects.toMatchObject({ code: 'duplicate-guid' });
    expect(data).toEqual(text('canary'));
  });

  it('zeroes what it has copied where a later source fails', async () => {
    let seen: Uint8Array | undefined;
    const first: SecretSource = {
      guid: numberedGuid(1),
      dataLength: 6,
      async copyInto(target) {
        seen = target;
        target.set(text('canary'));
      },
    };
    const failing: SecretSource = {
      guid: numberedGuid(2),
      dataLength: 1,
      copyInto: () => Promise.reject(new Error('gone')),
    };
    await expect(buildFrom([first, failing])).rejects.toThrow('gone');
    expect(seen).toEqual(new Uint8Array(6));
  });
});
