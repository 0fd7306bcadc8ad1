import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { buildTable } from './build.ts';
import { chunkBytes, nullGuid } from './layout.ts';
import { parseTable } from './parse.ts';
import { type AreaWriter, bufferArea } from './reader.ts';
import { numberedGuid, rawArea, text } from './testing/raw-area.ts';
import * as vectors from './testing/vectors.ts';
import { watchedArea } from './testing/watched-area.ts';
import { verifyTable } from './verify.ts';
import { wipeAll, wipeEntries, wipeEntry } from './wipe.ts';

const luksKey = '736869e5-84f0-4973-92ec-06879ce3da0b';
const a = { guid: numberedGuid(0xa), data: text('first') };
const b = { guid: numberedGuid(0xb), data: text('second one') };
const leftover = { guid: nullGuid, data: text('left behind') };
const nothingDone = { entries: [], synced: false, readBackZero: false };

describe('wipeEntry', () => {
  it('leaves the table as Linux does: GUID and data zero, the length kept', async () => {
    const bytes = vectors.fromHex(vectors.sevctlTwo);
    expect(await wipeEntry(bufferArea(bytes), luksKey)).toEqual({
      outcome: 'wiped',
      entries: [{ guid: luksKey, offset: 20, length: 38, bytesOverwritten: 34 }],
      notFound: [],
      synced: true,
      readBackZero: true,
      tableState: 'populated',
      unreachedBytes: 0,
    });
    expect(Buffer.from(bytes).toString('hex')).toBe(vectors.wipedByLinux);
  });

  it('finds nothing left to do the second time', async () => {
    const bytes = rawArea([a, b]);
    await wipeEntry(bufferArea(bytes), a.guid);
    const once = Uint8Array.from(bytes);
    expect(await wipeEntry(bufferArea(bytes), a.guid)).toMatchObject({
      outcome: 'already-gone',
      ...nothingDone,
    });
    expect(bytes).toEqual(once);
  });

  it('writes nothing into an area that nobody filled', async () => {
    const area = watchedArea(bufferArea(new Uint8Array(4096)));
    expect(await wipeEntry(area, a.guid)).toMatchObject({
      outcome: 'already-gone',
      tableState: 'unpopulated',
      ...nothingDone,
    });
    expect(area.touches).toHaveLength(1);
  });

  it('takes the GUID in upper case', async () => {
    const area = bufferArea(rawArea([a]));
    expect(await wipeEntry(area, a.guid.toUpperCase())).toMatchObject({ outcome: 'wiped' });
  });

  it('wipes every entry of a GUID that occurs twice, after which Linux shows the rest', async () => {
    const area = bufferArea(rawArea([a, b, a]));
    const report = await wipeEntry(area, a.guid);
    expect(report.entries).toMatchObject([{ offset: 20 }, { offset: 75 }]);
    const table = await parseTable(area);
    expect(table).toMatchObject({ state: 'populated', kernelView: { visible: [b.guid] } });
  });

  it('wipes an entry without data', async () => {
    const area = bufferArea(rawArea([{ guid: a.guid }]));
    expect((await wipeEntry(area, a.guid)).entries).toMatchObject([{ bytesOverwritten: 16 }]);
    expect((await parseTable(area)).entries).toMatchObject([{ state: 'deleted', length: 20 }]);
  });

  it.each([
    ['luks-key', 'malformed-guid'],
    [nullGuid, 'null-guid'],
  ])('refuses %s as a GUID', async (guid, code) => {
    await expect(wipeEntry(bufferArea(rawArea([leftover])), guid)).rejects.toMatchObject({ code });
  });
});

describe('wipeEntries', () => {
  const c = { guid: numberedGuid(0xc), data: text('third') };

  it('wipes several entries and says which GUIDs it did not find', async () => {
    const area = bufferArea(rawArea([a, b, c]));
    const absent = numberedGuid(0xd);
    const report = await wipeEntries(area, [c.guid, absent, a.guid]);
    expect(report).toMatchObject({ outcome: 'wiped', readBackZero: true, notFound: [absent] });
    expect(report.entries).toMatchObject([{ guid: a.guid }, { guid: c.guid }]);
    expect((await parseTable(area)).kernelView.visible).toEqual([b.guid]);
  });

  it('changes nothing of an entry between those that it wipes', async () => {
    const bytes = rawArea([a, b, c]);
    const expected = bytes.slice(45, 75);
    await wipeEntries(bufferArea(bytes), [a.guid, c.guid]);
    expect(bytes.slice(45, 75)).toEqual(expected);
  });

  it('wipes what it finds of a corrupt table and names the rest', async () => {
    const area = bufferArea(broken());
    const report = await wipeEntries(area, [a.guid, b.guid]);
    expect(report).toMatchObject({ outcome: 'wiped', notFound: [b.guid], unreachedBytes: 30 });
  });

  it('refuses the null GUID among others before it writes', async () => {
    const bytes = rawArea([a]);
    await expect(wipeEntries(bufferArea(bytes), [a.guid, nullGuid])).rejects.toMatchObject({
      code: 'null-guid',
    });
    expect(bytes).toEqual(rawArea([a]));
  });

  it('keeps every length where entries are larger than the pieces that it writes', async () => {
    const large = [4096, chunkBytes - 20, 3, chunkBytes - 50, 4097, 7, 2].map((size, n) => ({
      guid: numberedGuid(n + 1),
      data: new Uint8Array(size).fill(0x73),
    }));
    const many = Array.from({ length: 4000 }, (_, n) => ({
      guid: numberedGuid(n + 100),
      data: text('1234567'),
    }));
    const bytes = rawArea([...large, ...many]);
    const before = await parseTable(bufferArea(bytes));
    expect(await wipeAll(bufferArea(bytes))).toMatchObject({ readBackZero: true });
    const after = await parseTable(bufferArea(bytes));
    expect(after.entries.map(({ length }) => length)).toEqual(
      before.entries.map(({ length }) => length),
    );
    expect(await verifyTable(bufferArea(bytes), { gone: 'all' })).toMatchObject({ verified: true });
  });
});

const broken = () => rawArea([a, { ...b, length: 19 }]);

describe('wiping a corrupt table', () => {
  it('wipes an entry before the damage and says how much it could not reach', async () => {
    const bytes = broken();
    expect(await wipeEntry(bufferArea(bytes), a.guid)).toMatchObject({
      outcome: 'wiped',
      readBackZero: true,
      tableState: 'corrupt',
      unreachedBytes: 30,
    });
    expect(bytes.subarray(45)).toEqual(broken().subarray(45));
  });

  it('never says that an entry is gone which may be behind the damage', async () => {
    const bytes = broken();
    const unreachable = { code: 'unreachable', offset: 45 };
    await expect(wipeEntry(bufferArea(bytes), b.guid)).rejects.toMatchObject(unreachable);
    expect(bytes).toEqual(broken());
    const first = rawArea([{ ...a, length: 0 }]);
    await expect(wipeAll(bufferArea(first))).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('wipes what is whole of a table that is larger than its area', async () => {
    const area = bufferArea(rawArea([a, b], { length: 4096 }));
    expect(await wipeAll(area)).toMatchObject({ outcome: 'wiped', tableState: 'corrupt' });
  });
});

describe('wipeAll', () => {
  it('wipes every live entry', async () => {
    const area = bufferArea(rawArea([a, b]));
    const report = await wipeAll(area);
    expect(report).toMatchObject({ outcome: 'wiped', synced: true, readBackZero: true });
    expect(report.entries.map(({ bytesOverwritten }) => bytesOverwritten)).toEqual([21, 26]);
    const { entries } = await parseTable(area);
    expect(entries).toMatchObject([
      { state: 'deleted', length: 25 },
      { state: 'deleted', length: 30 },
    ]);
  });

  it('clears the data that somebody left behind a null GUID', async () => {
    const bytes = rawArea([leftover, { guid: nullGuid }]);
    expect(await wipeAll(bufferArea(bytes))).toMatchObject({
      outcome: 'already-gone',
      entries: [{ guid: nullGuid, offset: 20, length: 31, bytesOverwritten: 11 }],
      readBackZero: true,
    });
    expect(bytes.subarray(40, 51).every((byte) => byte === 0)).toBe(true);
  });
});

describe('the order of a wipe', () => {
  it('makes the zeros of all data durable before it clears a GUID', async () => {
    const area = watchedArea(bufferArea(rawArea([a, b])));
    await wipeAll(area);
    const changes = area.touches.filter(({ what }) => what !== 'read');
    expect(changes.map(({ what, offset, length }) => [what, offset, length])).toEqual([
      ['write', 40, 35],
      ['sync', 0, 0],
      ['write', 20, 41],
      ['sync', 0, 0],
    ]);
  });

  it('overwrites and reads back in small pieces whatever the length', async () => {
    const data = new Uint8Array(3 * chunkBytes).fill(1);
    const area = watchedArea(bufferArea(rawArea([{ guid: a.guid, data }])));
    const { entries } = await wipeEntry(area, a.guid);
    expect(entries).toMatchObject([{ bytesOverwritten: 3 * chunkBytes + 16 }]);
    expect(Math.max(...area.touches.map(({ length }) => length))).toBe(chunkBytes);
  });

  it('reads no data before it is overwritten', async () => {
    const area = watchedArea(bufferArea(rawArea([a])));
    await wipeEntry(area, a.guid);
    const firstWrite = area.touches.findIndex(({ what }) => what === 'write');
    const before = area.touches.slice(0, firstWrite);
    expect(before.every(({ length }) => length === 20)).toBe(true);
  });

  it('never leaves a deleted entry with data, wherever it is interrupted', async () => {
    const whole = watchedArea(bufferArea(rawArea([a, b])));
    await wipeAll(whole);
    for (let step = 0; step < whole.touches.length; step += 1) {
      const bytes = rawArea([a, b]);
      let left = step;
      const failing = watchedArea(bufferArea(bytes), () => {
        if (left === 0) throw new Error('power lost');
        left -= 1;
      });
      await expect(wipeAll(failing)).rejects.toThrow('power lost');
      const { entries } = await parseTable(bufferArea(bytes));
      expect(entries.map(({ length }) => length)).toEqual([25, 30]);
      const deleted = entries.filter(({ state }) => state === 'deleted');
      const remains = deleted.flatMap(({ dataOffset, dataLength }) => [
        ...bytes.subarray(dataOffset, dataOffset + dataLength),
      ]);
      expect(remains.every((byte) => byte === 0)).toBe(true);
      expect(await wipeAll(bufferArea(bytes))).toMatchObject({ readBackZero: true });
    }
  });
});

/** An area whose bytes between two offsets cannot be changed. */
const stuck = (bytes: Uint8Array, from: number, to: number): AreaWriter => {
  const area = bufferArea(bytes);
  return {
    ...area,
    async write(offset, data) {
      const kept = bytes.slice(from, to);
      await area.write(offset, data);
      bytes.set(kept, from);
    },
  };
};

describe('reading back', () => {
  it('keeps the GUID of an entry whose data does not become zero, and says so', async () => {
    const area = stuck(rawArea([a, b]), 40, 41);
    const report = await wipeAll(area);
    expect(report.readBackZero).toBe(false);
    expect(report.entries.map(({ bytesOverwritten }) => bytesOverwritten)).toEqual([5, 26]);
    expect((await parseTable(area)).entries).toMatchObject([
      { state: 'live' },
      { state: 'deleted' },
    ]);
  });

  it('keeps nothing in memory of what did not become zero', async () => {
    const area = stuck(rawArea([a]), 40, 41);
    const seen: Uint8Array[] = [];
    const remembering: AreaWriter = {
      size: area.size,
      write: (offset, bytes) => area.write(offset, bytes),
      sync: () => area.sync(),
      async read(offset, length) {
        const bytes = await area.read(offset, length);
        if (offset === 40) seen.push(bytes);
        return bytes;
      },
    };
    await wipeEntry(remembering, a.guid);
    expect(seen).not.toHaveLength(0);
    expect(seen.every((bytes) => bytes.every((byte) => byte === 0))).toBe(true);
  });

  it('notices a GUID that does not become zero', async () => {
    const report = await wipeEntry(stuck(rawArea([a, b]), 20, 21), a.guid);
    expect(report).toMatchObject({ synced: true, readBackZero: false });
  });

  it('notices data left behind a null GUID', async () => {
    const report = await wipeAll(stuck(rawArea([leftover]), 40, 41));
    expect(report).toMatchObject({ outcome: 'already-gone', readBackZero: false });
  });
});

describe('a wipe of any entry of any table', () => {
  const anyData = fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 20 });

  it('makes its range zero and changes no byte outside it', async () => {
    await fc.assert(
      fc.asyncProperty(anyData, fc.nat(), async (datas, pick) => {
        const image = buildTable(datas.map((data, n) => ({ guid: numberedGuid(n + 1), data })));
        const entry = (await parseTable(bufferArea(image))).entries[pick % datas.length];
        if (!entry) throw new Error('the table has an entry for each data');
        const expected = Uint8Array.from(image);
        expected.fill(0, entry.offset, entry.offset + 16);
        expected.fill(0, entry.dataOffset, entry.offset + entry.length);
        await wipeEntry(bufferArea(image), entry.guid);
        expect(image).toEqual(expected);
      }),
    );
  });

  it('writes only inside of well-formed entries, whatever the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (trailing) => {
        const bytes = rawArea([a], { trailing });
        const { entries } = await parseTable(bufferArea(bytes));
        const area = watchedArea(bufferArea(bytes));
        await wipeAll(area);
        for (const { offset, length } of area.touches.filter(({ what }) => what === 'write')) {
          const end = entries.reduce((_, entry) => entry.offset + entry.length, 20);
          expect(offset).toBeGreaterThanOrEqual(20);
          expect(offset + length).toBeLessThanOrEqual(end);
        }
        for (const entry of entries) {
          const { length } = entry;
          expect(new DataView(bytes.buffer).getUint32(entry.offset + 16, true)).toBe(length);
        }
      }),
    );
  });
});
