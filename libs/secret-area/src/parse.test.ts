import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { buildTable } from './build.ts';
import { SecretAreaError } from './error.ts';
import { decodeGuid } from './guid.ts';
import type { Padding } from './lay-out.ts';
import { entriesMax, headerBytes, nullGuid } from './layout.ts';
import { parseBytes, parseTable } from './parse.ts';
import { type AreaReader, bufferArea } from './reader.ts';
import { registryOf } from './registry.ts';
import type { SecretTable } from './table.ts';
import { numberedGuid, rawArea, type RawEntry, resize, text } from './testing/raw-area.ts';
import * as vectors from './testing/vectors.ts';
import { watchedArea } from './testing/watched-area.ts';
import { wipeAll } from './wipe.ts';

const luksKey = '736869e5-84f0-4973-92ec-06879ce3da0b';
const a = { guid: numberedGuid(0xa), data: text('first') };
const b = { guid: numberedGuid(0xb), data: text('second one') };

const parse = (bytes: Uint8Array) => parseTable(bufferArea(bytes));
/** What is wrong, without the notes. */
const faults = ({ diagnostics }: SecretTable) =>
  diagnostics.filter(({ severity }) => severity !== 'note').map(({ code }) => code);
const notes = ({ diagnostics }: SecretTable) =>
  diagnostics.filter(({ severity }) => severity === 'note').map(({ code }) => code);
const codes = async (bytes: Uint8Array) => faults(await parse(bytes));

describe('parseTable on published tables', () => {
  it('reads sevctl: padding that the length does not count', async () => {
    expect(await parse(vectors.fromHex(vectors.sevctlSingle))).toEqual({
      state: 'populated',
      areaSize: 64,
      tableLength: 58,
      entries: [
        {
          index: 0,
          offset: 20,
          guid: luksKey,
          length: 38,
          dataLength: 18,
          dataOffset: 40,
          state: 'live',
          usage: 'LUKS/GRUB disk passphrase (luks-key)',
        },
      ],
      kernelView: { directory: true, visible: [luksKey], error: null },
      diagnostics: [
        {
          code: 'nul-for-grub',
          severity: 'note',
          message: expect.stringContaining('must be NUL'),
          advice: expect.stringContaining('GRUB'),
          offset: 20,
        },
      ],
      unreached: null,
    });
  });

  it.each([
    ['the kernel documentation', vectors.kernelDocumentation, 34, []],
    [
      'aleph: padding that the length counts',
      vectors.alephStyle,
      6,
      ['nul-for-grub', 'trailing-bytes'],
    ],
    ['EDK2 for Arm CCA: no padding', vectors.armCcaStyle, 5, ['nul-for-grub', 'padding-none']],
  ])('reads %s', async (_name, hex, dataLength, diagnostics) => {
    const table = await parse(vectors.fromHex(hex));
    expect(table).toMatchObject({ state: 'populated', kernelView: { error: null } });
    expect(table.entries).toMatchObject([{ offset: 20, dataLength, state: 'live' }]);
    expect(table.diagnostics.map(({ code }) => code)).toEqual(diagnostics);
  });

  it('tells an entry that Linux wiped from the live one behind it', async () => {
    const table = await parse(vectors.fromHex(vectors.wipedByLinux));
    const live = '736869e5-aaaa-4973-92ec-06879ce3da0b';
    expect(table.state).toBe('populated');
    expect(table.entries).toMatchObject([
      { index: 0, guid: nullGuid, length: 38, state: 'deleted' },
      { index: 1, guid: live, length: 37, state: 'live' },
    ]);
    expect(table.kernelView.visible).toEqual([live]);
  });

  it('says that GRUB zeroed the length too, which hides the rest', async () => {
    const table = await parse(vectors.fromHex(vectors.wipedByGrub));
    expect(table).toMatchObject({
      state: 'corrupt',
      entries: [],
      kernelView: { directory: false, visible: [], error: 'EINVAL' },
      diagnostics: [{ code: 'entry-zeroed', offset: 20 }],
      unreached: { offset: 20, length: 76 },
    });
  });
});

describe('parseTable on padding', () => {
  const guid = numberedGuid(1);
  const padded = async (dataLength: number, padding: Padding) =>
    notes(await parse(buildTable([{ guid, data: new Uint8Array(dataLength) }], { padding })));

  it.each([
    ['sevctl', 8, 'exact', []],
    ['sevctl where nothing is to pad', 24, 'exact', []],
    ['libvirt', 8, 'extra-block', ['padding-extra-block']],
    ['libvirt where it pads as others do', 9, 'extra-block', []],
    ['aleph', 9, 'included', ['trailing-bytes']],
    ['aleph where nothing is to pad', 8, 'included', []],
    ['Arm CCA and SVSM', 9, 'none', ['padding-none']],
  ] as const)('knows %s', async (_name, dataLength, padding, expected) => {
    expect(await padded(dataLength, padding)).toEqual(expected);
  });
});

describe('parseBytes', () => {
  it('says the same as parseTable', async () => {
    const image = rawArea([a, b, { guid: nullGuid, data: text('x') }, a], { areaSize: 256 });
    expect(JSON.parse(JSON.stringify(parseBytes(image)))).toEqual(await parse(image));
    const { entries, kernelView, diagnostics } = parseBytes(image);
    expect({ entries, kernelView, diagnostics }).toMatchObject(
      await parse(image).then((table) => ({
        entries: table.entries,
        kernelView: table.kernelView,
        diagnostics: table.diagnostics,
      })),
    );
  });

  it('tells the table as it was, whatever becomes of the bytes', () => {
    const image = rawArea([a, b]);
    const table = parseBytes(image);
    image.fill(0);
    expect(table.entries).toMatchObject([{ guid: a.guid }, { guid: b.guid }]);
    expect(table.entries).toBe(table.entries);
    expect(table.kernelView).toBe(table.kernelView);
    expect(table.diagnostics).toBe(table.diagnostics);
  });

  it('names usages by the registry that it is given', () => {
    const registry = registryOf([{ guid: a.guid, kind: 'usage', meaning: 'ours' }]);
    expect(parseBytes(rawArea([a, b]), { registry }).entries.map(({ usage }) => usage)).toEqual([
      'ours',
      undefined,
    ]);
  });
});

describe('parseTable on the header', () => {
  it.each([0, 1, 19])('calls an area of %i bytes corrupt', async (size) => {
    const table = await parse(resize(rawArea([a]), size));
    expect(table).toMatchObject({ state: 'corrupt', areaSize: size, tableLength: 0, entries: [] });
    expect(table.diagnostics).toMatchObject([{ code: 'area-too-small', offset: 0 }]);
    expect(table.kernelView.error).toBe('EINVAL');
  });

  it('calls an area that nobody filled unpopulated, without an error', async () => {
    expect(await parse(new Uint8Array(4096))).toEqual({
      state: 'unpopulated',
      areaSize: 4096,
      tableLength: 0,
      entries: [],
      kernelView: { directory: false, visible: [], error: null },
      diagnostics: [expect.objectContaining({ code: 'unpopulated', severity: 'note', offset: 0 })],
      unreached: null,
    });
  });

  it('says so where the header GUID is in the wrong byte order', async () => {
    const swapped = rawArea([a], { guid: '42f5741e-dd71-664d-963e-ef4287ff173b' });
    expect(await parse(swapped)).toMatchObject({
      state: 'unpopulated',
      diagnostics: [{ code: 'header-guid-byte-order' }],
    });
  });

  it.each([0, 19])('refuses a table length of %i', async (length) => {
    const table = await parse(rawArea([a], { length }));
    expect(table).toMatchObject({ state: 'corrupt', tableLength: length, entries: [] });
    expect(table.diagnostics).toMatchObject([{ code: 'table-too-short', offset: 16 }]);
    expect(table.unreached).toEqual({ offset: 20, length: 25 });
  });

  it('takes a table of the header alone for an empty directory', async () => {
    expect(await parse(rawArea([], { areaSize: 32 }))).toMatchObject({
      state: 'populated',
      tableLength: 20,
      entries: [],
      kernelView: { directory: true, visible: [], error: null },
      diagnostics: [],
    });
  });

  it('takes a table as long as its area, and refuses one byte more', async () => {
    const exact = rawArea([a, b]);
    expect(await parse(exact)).toMatchObject({ state: 'populated', tableLength: exact.length });
    expect(await parse(rawArea([a, b], { length: exact.length + 1 }))).toMatchObject({
      state: 'corrupt',
      entries: [{ guid: a.guid }, { guid: b.guid }],
      kernelView: { directory: false, visible: [], error: 'EINVAL' },
      diagnostics: [{ code: 'table-larger-than-area', offset: 16 }],
      unreached: null,
    });
  });

  it('still tells the whole entries of a table that was cut short', async () => {
    const whole = rawArea([a, b]);
    const cut = await parse(resize(whole, whole.length - 1));
    expect(cut).toMatchObject({ state: 'corrupt', entries: [{ guid: a.guid }] });
    expect(cut.diagnostics.map(({ code }) => code)).toEqual([
      'table-larger-than-area',
      'entry-past-end',
    ]);
    expect(cut.unreached).toEqual({ offset: 45, length: 29 });
  });

  it('takes the start of a header that was cut for no padding', async () => {
    const cut = await parse(resize(rawArea([a, b]), 45 + 19));
    expect(cut).toMatchObject({ state: 'corrupt', entries: [{ guid: a.guid }] });
    expect(cut.diagnostics.map(({ code }) => code)).toEqual(['table-larger-than-area']);
  });
});

describe('parseTable on entry lengths', () => {
  it('takes a length of 20 for an entry without data', async () => {
    const table = await parse(rawArea([{ guid: a.guid }, b]));
    expect(table.entries).toMatchObject([{ length: 20, dataLength: 0 }, { guid: b.guid }]);
    expect(table.kernelView.visible).toEqual([a.guid, b.guid]);
  });

  it.each([
    [0, 'entry-too-short'],
    [19, 'entry-too-short'],
    [31, 'entry-past-end'],
    [0xffff_ffff, 'entry-past-end'],
  ])('stops at a length of %i and keeps the entries before it', async (length, code) => {
    const table = await parse(rawArea([a, { ...b, length }]));
    expect(table).toMatchObject({ state: 'corrupt', entries: [{ guid: a.guid }] });
    expect(table.kernelView).toEqual({ directory: false, visible: [], error: 'EINVAL' });
    expect(table.diagnostics).toMatchObject([{ code, offset: 45 }]);
    expect(table.unreached).toEqual({ offset: 45, length: 30 });
  });

  it('takes a length that reaches exactly to the end', async () => {
    expect(await parse(rawArea([a, { ...b, length: 30 }]))).toMatchObject({ state: 'populated' });
  });

  it('checks the length of a wiped entry too', async () => {
    expect(await codes(rawArea([{ guid: nullGuid, length: 19 }, b]))).toEqual(['entry-too-short']);
    expect(await codes(rawArea([{ guid: nullGuid, length: 0 }, b]))).toEqual(['entry-zeroed']);
  });

  it('ignores 19 bytes behind the last entry, and is broken by 20', async () => {
    const nineteen = await parse(rawArea([a], { trailing: new Uint8Array(19) }));
    expect(nineteen).toMatchObject({ state: 'populated', entries: [{ guid: a.guid }] });
    expect(nineteen.diagnostics).toMatchObject([{ code: 'trailing-bytes', offset: 45 }]);
    const zeros = await parse(rawArea([a], { trailing: new Uint8Array(20) }));
    expect(zeros).toMatchObject({ state: 'corrupt', diagnostics: [{ code: 'entry-zeroed' }] });
    const garbage = await parse(rawArea([a], { trailing: new Uint8Array(20).fill(0xaa) }));
    expect(garbage).toMatchObject({ state: 'corrupt', diagnostics: [{ code: 'entry-past-end' }] });
  });

  it('never looks behind the table length', async () => {
    const length = 45;
    const behind = rawArea([a], { length, trailing: new Uint8Array(200).fill(0xaa) });
    const area = watchedArea(bufferArea(behind));
    expect(await parseTable(area)).toMatchObject({ state: 'populated', diagnostics: [] });
    expect(
      Math.max(...area.touches.map((touch) => touch.offset + touch.length)),
    ).toBeLessThanOrEqual(length);
  });
});

const files = (count: number): RawEntry[] =>
  Array.from({ length: count }, (_, n) => ({ guid: numberedGuid(n + 1), data: text('x') }));

describe('parseTable on many entries', () => {
  it('lists the entries that Linux does not, and says where Linux stops', async () => {
    const table = await parse(rawArea(files(66)));
    expect(table.entries).toHaveLength(66);
    expect(table.kernelView.visible).toHaveLength(64);
    expect(table.state).toBe('populated');
    expect(table.diagnostics[0]).toMatchObject({ code: 'entry-unlisted', offset: 20 + 64 * 21 });
    expect(faults(table)).toEqual(['entry-unlisted']);
  });

  it('calls a table corrupt that breaks off behind the 64th file, though Linux does not see it', async () => {
    const table = await parse(rawArea([...files(64), { ...a, length: 0 }]));
    expect(table).toMatchObject({ state: 'corrupt', kernelView: { directory: true, error: null } });
    expect(table.entries).toHaveLength(64);
  });

  it('calls a table corrupt that Linux refuses for a duplicate, and lists all of it', async () => {
    const table = await parse(rawArea([a, b, a]));
    expect(table).toMatchObject({
      state: 'corrupt',
      kernelView: { directory: false, error: 'EEXIST' },
    });
    expect(table.entries).toHaveLength(3);
    expect(table.diagnostics[0]).toMatchObject({ code: 'duplicate-guid', offset: 75 });
    expect(faults(table)).toEqual(['duplicate-guid']);
  });

  it('warns of a duplicate that Linux does not reach', async () => {
    const table = await parse(rawArea([...files(64), ...files(1)]));
    expect(table).toMatchObject({ state: 'populated', kernelView: { directory: true } });
    expect(faults(table)).toEqual(['duplicate-guid-unlisted', 'entry-unlisted']);
  });

  it('finds nothing wrong with several wiped entries', async () => {
    const wiped = { guid: nullGuid, data: new Uint8Array(3) };
    expect(await codes(rawArea([wiped, a, wiped, wiped]))).toEqual([]);
  });

  it('points out the GUID that only the kernel documentation uses', async () => {
    const typo = { guid: '736870e5-84f0-4973-92ec-06879ce3da0b', data: text('x') };
    expect(await codes(rawArea([typo]))).toEqual(['guid-likely-typo']);
  });

  it('warns of the GUID of a firmware structure', async () => {
    const header = { guid: '1e74f542-71dd-4d66-963e-ef4287ff173b', data: text('x') };
    expect(await codes(rawArea([header]))).toEqual(['guid-of-structure']);
  });

  it('says that a null GUID proves nothing of the data under it, once and without looking', async () => {
    const wiped = { guid: nullGuid, data: new Uint8Array(3) };
    const table = await parse(rawArea([{ guid: nullGuid }, wiped, wiped], { areaSize: 128 }));
    expect(table.diagnostics).toMatchObject([{ code: 'null-guid-unproven', offset: 40 }]);
  });

  it('says that GRUB needs a NUL where there is a passphrase, and nothing of an empty one', async () => {
    expect(notes(await parse(rawArea([{ guid: luksKey }], { areaSize: 64 })))).toEqual([]);
    const told = await parse(rawArea([{ guid: luksKey, data: text('x') }], { areaSize: 64 }));
    expect(notes(told)).toEqual(['nul-for-grub']);
  });

  it('names errors before warnings and warnings before notes', async () => {
    const typo = { guid: '736870e5-84f0-4973-92ec-06879ce3da0b', data: text('x') };
    const table = await parse(rawArea([{ guid: luksKey, data: text('x') }, typo, typo]));
    expect(table.diagnostics.map(({ severity }) => severity)).toEqual([
      'error',
      'warning',
      'warning',
      'note',
      'note',
    ]);
  });

  it('gives up where its caller wants no more entries', async () => {
    const three = bufferArea(rawArea(files(3)));
    expect((await parseTable(three, { entriesMax: 3 })).entries).toHaveLength(3);
    await expect(parseTable(three, { entriesMax: 2 })).rejects.toMatchObject({
      code: 'too-many-entries',
      offset: 62,
    });
  });

  it('reads and wipes as many entries as 16 MiB can hold, in time that grows with them', async () => {
    const started = performance.now();
    const entry = rawArea([{ guid: nullGuid }]).subarray(20);
    const most = new Uint8Array(headerBytes * entriesMax);
    for (let n = 1; n < entriesMax; n += 1) most.set(entry, n * headerBytes);
    for (let n = 0; n < 63; n += 1)
      most.fill(n + 1, (n + 2) * headerBytes, (n + 2) * headerBytes + 16);
    most.set(rawArea([], { length: most.length }));
    expect(parseBytes(most)).toMatchObject({ state: 'populated', kernelView: { error: null } });
    expect(await wipeAll(bufferArea(most))).toMatchObject({ outcome: 'wiped', readBackZero: true });
    // Far above what it takes, and far below what the square of 838,860 steps would.
    expect(performance.now() - started).toBeLessThan(60_000);
  }, 60_000);

  it('gives up on more entries than it is ready to hold', async () => {
    const header = rawArea([{ guid: nullGuid }]).subarray(20);
    const hostile = rawArea([], {
      length: headerBytes * (entriesMax + 2),
      areaSize: headerBytes * (entriesMax + 2),
    });
    for (let n = 1; n < entriesMax + 2; n += 1) hostile.set(header, n * headerBytes);
    await expect(parse(hostile)).rejects.toMatchObject({
      code: 'too-many-entries',
      offset: headerBytes * (entriesMax + 1),
    });
  });
});

const anyGuid = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .filter((bytes) => bytes.some((byte) => byte !== 0))
  .map(decodeGuid);
const anyEntries = fc.uniqueArray(
  fc.record({ guid: anyGuid, data: fc.uint8Array({ maxLength: 300 }) }),
  { maxLength: 64, selector: ({ guid }) => guid },
);
const anyOptions = fc.record({ padding: fc.constantFrom('exact', 'included', 'none') });

/** A result, or the one error that a table can be refused with; null for any other. */
async function outcome(area: AreaReader): Promise<unknown> {
  return parseTable(area).catch((error: unknown) =>
    error instanceof SecretAreaError ? error : null,
  );
}

describe('parseTable on anything', () => {
  it('gives back what was built', async () => {
    await fc.assert(
      fc.asyncProperty(anyEntries, anyOptions, async (entries, options) => {
        const image = buildTable(entries, options);
        const table = await parse(image);
        const readBack = table.entries.map(({ guid, dataOffset, dataLength }) => ({
          guid,
          data: image.slice(dataOffset, dataOffset + dataLength),
        }));
        expect(readBack).toEqual(entries);
        expect(table.state).toBe('populated');
        expect(table.kernelView.visible).toEqual(entries.map(({ guid }) => guid));
      }),
    );
  });

  it('gives a result or a SecretAreaError for random bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        expect(await outcome(bufferArea(bytes))).not.toBeNull();
        expect(await outcome(bufferArea(rawArea([], { trailing: bytes })))).not.toBeNull();
      }),
    );
  });

  it('keeps its promises for a table with flipped bytes or a cut end', async () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(anyEntries, flips, fc.nat(40), async (entries, changes, cut) => {
        const image = buildTable(entries);
        for (const [at, byte] of changes) image[at % image.length] = byte;
        const bytes = image.subarray(0, Math.max(0, image.length - cut));
        const area = watchedArea(bufferArea(bytes));
        const table = await parseTable(area);
        for (const entry of table.entries) {
          expect(entry.length).toBe(20 + entry.dataLength);
          expect(entry.offset + entry.length).toBeLessThanOrEqual(bytes.length);
        }
        expect(area.touches.length).toBeLessThanOrEqual(table.entries.length + 2);
      }),
    );
  });

  it('never touches a byte of data', async () => {
    await fc.assert(
      fc.asyncProperty(anyEntries, async (entries) => {
        const area = watchedArea(bufferArea(buildTable(entries)));
        const table = await parseTable(area);
        const headers = [0, ...table.entries.map(({ offset }) => offset)];
        expect(area.touches).toEqual(
          headers.map((offset) => ({ what: 'read', offset, length: headerBytes })),
        );
      }),
    );
  });
});
