import { describe, expect, it } from 'vitest';

import { nullGuid } from './layout.ts';
import { bufferArea } from './reader.ts';
import { numberedGuid, rawArea, text } from './testing/raw-area.ts';
import * as vectors from './testing/vectors.ts';
import { watchedArea } from './testing/watched-area.ts';
import { verifyTable, type VerifyOptions } from './verify.ts';
import { wipeAll, wipeEntry } from './wipe.ts';

const a = { guid: numberedGuid(0xa), data: text('first') };
const b = { guid: numberedGuid(0xb), data: text('second one') };
const wiped = { guid: nullGuid, data: new Uint8Array(7) };
const leftover = { guid: nullGuid, data: Uint8Array.of(0, 0, 0x73, 0) };

const verify = (bytes: Uint8Array, options?: VerifyOptions) =>
  verifyTable(bufferArea(bytes), options);
const codes = async (bytes: Uint8Array) =>
  (await verify(bytes)).diagnostics.map(({ code }) => code);

describe('verifyTable', () => {
  it('proves that what Linux wiped is zero', async () => {
    expect(await verify(vectors.fromHex(vectors.wipedByLinux))).toMatchObject({
      verified: true,
      tableState: 'populated',
      entries: [
        { index: 0, offset: 20, guid: nullGuid, length: 38, verdict: 'zero' },
        { index: 1, offset: 58, length: 37, verdict: 'live' },
      ],
      stillLive: [],
      unreachedBytes: 0,
    });
  });

  it('says where live data lies under a null GUID', async () => {
    const report = await verify(rawArea([a, leftover, wiped]));
    expect(report).toMatchObject({
      verified: false,
      entries: [{ verdict: 'live' }, { verdict: 'data-left' }, { verdict: 'zero' }],
    });
    expect(report.diagnostics[0]).toMatchObject({ code: 'null-guid-data-left', offset: 67 });
  });

  it('no longer says that a null GUID is unproven', async () => {
    expect(await codes(rawArea([wiped], { areaSize: 64 }))).toEqual([]);
  });

  it('agrees with a wipe', async () => {
    const bytes = rawArea([a, b]);
    expect((await verify(bytes, { gone: [a.guid] })).verified).toBe(false);
    await wipeEntry(bufferArea(bytes), a.guid);
    expect((await verify(bytes, { gone: [a.guid] })).verified).toBe(true);
    expect(await verify(bytes, { gone: 'all' })).toMatchObject({
      verified: false,
      stillLive: [b.guid],
    });
    await wipeAll(bufferArea(bytes));
    expect(await verify(bytes, { gone: 'all' })).toMatchObject({ verified: true, stillLive: [] });
  });

  it('names a GUID once that is live twice, in whatever case it was asked for', async () => {
    const report = await verify(rawArea([a, a]), { gone: [a.guid.toUpperCase()] });
    expect(report.stillLive).toEqual([a.guid]);
  });

  it('says what Linux makes of the table, which a proof of zeros does not depend on', async () => {
    expect(await verify(rawArea([a, wiped]))).toMatchObject({
      verified: true,
      kernelView: { directory: true, visible: [a.guid], error: null },
    });
    expect(await verify(rawArea([a, wiped, a]))).toMatchObject({
      verified: true,
      tableState: 'corrupt',
      kernelView: { directory: false, visible: [], error: 'EEXIST' },
      diagnostics: [{ code: 'duplicate-guid', severity: 'error', offset: 72 }, {}],
    });
  });

  it('never reads the data of a live entry', async () => {
    const area = watchedArea(bufferArea(rawArea([a, wiped, b], { areaSize: 4096 })));
    await verifyTable(area);
    const data = area.touches.filter(({ length }) => length !== 20);
    expect(data.map(({ offset, length }) => [offset, length])).toEqual([
      [65, 7],
      [102, 3994],
    ]);
  });

  it('proves nothing of what is behind damage', async () => {
    const broken = await verify(rawArea([wiped, { ...b, length: 19 }]));
    expect(broken).toMatchObject({ verified: false, tableState: 'corrupt', unreachedBytes: 30 });
    const grub = await verify(vectors.fromHex(vectors.wipedByGrub));
    expect(grub).toMatchObject({ verified: false, diagnostics: [{ code: 'entry-zeroed' }] });
  });

  it('warns of bytes that no entry owns', async () => {
    const behind = rawArea([wiped], { length: 47, trailing: text('an older table') });
    const report = await verify(behind);
    expect(report.verified).toBe(true);
    expect(report.diagnostics).toMatchObject([{ code: 'bytes-behind-table', offset: 47 }]);
    const counted = rawArea([wiped], { trailing: Uint8Array.of(0, 1) });
    expect((await verify(counted)).diagnostics[0]).toMatchObject({ offset: 48 });
  });

  it('proves nothing of an image that was cut, also where what is left is zero', async () => {
    for (const entries of [[], [wiped]]) {
      const cut = rawArea(entries, { length: 58 });
      expect(await verify(cut)).toMatchObject({ verified: false, unreachedBytes: 0 });
    }
  });

  it('warns of bytes in the padding of a table without entries', async () => {
    const scrap = rawArea([], { trailing: Uint8Array.of(0, 1) });
    expect((await verify(scrap)).diagnostics[0]).toMatchObject({
      code: 'bytes-behind-table',
      offset: 21,
    });
  });

  it('takes an area without a table for verified only where all of it is zero', async () => {
    expect((await verify(new Uint8Array(4096), { gone: 'all' })).verified).toBe(true);
    const scrap = new Uint8Array(4096).fill(1, 300, 301);
    expect(await verify(scrap)).toMatchObject({ verified: false, tableState: 'unpopulated' });
  });

  it('keeps nothing in memory of what is not zero', async () => {
    const bytes = rawArea([leftover]);
    const seen: Uint8Array[] = [];
    const area = {
      size: bytes.length,
      async read(offset: number, length: number) {
        const part = bytes.slice(offset, offset + length);
        if (offset === 40) seen.push(part);
        return part;
      },
    };
    expect((await verifyTable(area)).verified).toBe(false);
    expect(seen.map((part) => part.every((byte) => byte === 0))).toEqual([true]);
  });

  it.each([
    ['luks-key', 'malformed-guid'],
    [nullGuid, 'null-guid'],
  ])('refuses %s as a GUID that should be gone', async (guid, code) => {
    await expect(verify(rawArea([a]), { gone: [guid] })).rejects.toMatchObject({ code });
  });
});
