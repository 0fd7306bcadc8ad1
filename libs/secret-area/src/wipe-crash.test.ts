import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { nullGuid } from './layout.ts';
import { parseBytes } from './parse.ts';
import { bufferArea } from './reader.ts';
import type { SecretTable } from './table.ts';
import { numberedGuid, rawArea, text } from './testing/raw-area.ts';
import { cachedArea, tornArea } from './testing/torn-area.ts';
import { verifyTable } from './verify.ts';
import { wipeAll } from './wipe.ts';

const table = () =>
  rawArea([
    { guid: numberedGuid(0xa), data: text('first') },
    { guid: numberedGuid(0xb), data: new Uint8Array(5000).fill(0x73) },
    { guid: nullGuid, data: new Uint8Array(3) },
    { guid: numberedGuid(0xc), data: text('second one') },
    { guid: numberedGuid(0xd) },
  ]);

const lengths = ({ entries }: SecretTable) => entries.map(({ length }) => length);

/** Every entry can still be walked to, and none is deleted that has data; another wipe then finishes the work. */
async function expectSafe(bytes: Uint8Array): Promise<void> {
  const { entries, unreached } = parseBytes(bytes);
  expect(unreached).toBeNull();
  expect(lengths(parseBytes(bytes))).toEqual(lengths(parseBytes(table())));
  const remains = entries
    .filter(({ state }) => state === 'deleted')
    .map(({ dataOffset, dataLength }) => bytes.subarray(dataOffset, dataOffset + dataLength));
  expect(Buffer.concat(remains).every((byte) => byte === 0)).toBe(true);
  const again = Uint8Array.from(bytes);
  await wipeAll(bufferArea(again));
  expect(await verifyTable(bufferArea(again), { gone: 'all' })).toMatchObject({ verified: true });
}

describe('a wipe that the power ends', () => {
  it('keeps every length, and data only under its GUID, at whatever byte a write is torn', async () => {
    const whole = tornArea(table());
    await wipeAll(whole);
    for (let bytesDone = 0; bytesDone < whole.written(); bytesDone += bytesDone < 4900 ? 61 : 1) {
      const bytes = table();
      await expect(wipeAll(tornArea(bytes, bytesDone))).rejects.toThrow('power lost');
      await expectSafe(bytes);
    }
  });

  it('does so too where any of the bytes that were not synced reach the medium', async () => {
    const whole = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer(), fc.integer({ min: 1 }));
    await fc.assert(
      fc.asyncProperty(whole, async ([failsAt, seed, grain]) => {
        const bytes = table();
        const keeps = (at: number) => (Math.imul(at + (grain % 97), seed | 1) & 0x40) !== 0;
        const wipe = wipeAll(cachedArea(bytes, failsAt, keeps));
        await expect(wipe).rejects.toThrow('power lost');
        await expectSafe(bytes);
      }),
    );
  });
});
