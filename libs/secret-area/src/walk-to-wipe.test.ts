import { describe, expect, it } from 'vitest';

import { buildTable } from './build.ts';
import { nullGuid } from './layout.ts';
import { walkArea } from './parse.ts';
import { type AreaWriter, bufferArea, pageBytes } from './reader.ts';
import { numberedGuid, rawArea, text } from './testing/raw-area.ts';
import { walkToWipe } from './walk-to-wipe.ts';
import { wipeAll, wipeEntries } from './wipe.ts';

interface Read {
  offset: number;
  length: number;
  /** The memory that was read into, as it is now. */
  target: Uint8Array;
}

/** Reads without a promise, as a file does, and writes down what was read before the first write. */
function readingNow(bytes: Uint8Array): AreaWriter & { early: Read[] } {
  const area = bufferArea(bytes);
  const early: Read[] = [];
  let isWritten = false;
  return {
    ...area,
    early,
    readNow(offset, target) {
      if (!isWritten) early.push({ offset, length: target.length, target });
      area.readNow?.(offset, target);
    },
    async write(offset, data) {
      isWritten = true;
      await area.write(offset, data);
    },
  };
}

const entries = (count: number, size: number) =>
  Array.from({ length: count }, (_, n) => ({
    guid: numberedGuid(n + 1),
    data: new Uint8Array(size).fill(0x73),
  }));

const all = () => true;

const small = () => rawArea(entries(300, 21), { areaSize: 3 * pageBytes + 300 });

describe('the walk of a wipe of every entry', () => {
  it('leaves nothing in memory of the data that it read with the headers', async () => {
    const area = readingNow(small());
    expect(await wipeAll(area)).toMatchObject({ outcome: 'wiped', readBackZero: true });
    expect(area.early.some(({ length }) => length > 20)).toBe(true);
    expect(area.early.every(({ target }) => target.every((byte) => byte === 0))).toBe(true);
  });

  it('leaves nothing in memory either where a read fails', async () => {
    const area = readingNow(small());
    const failing: AreaWriter = {
      ...area,
      readNow(offset, target) {
        area.readNow?.(offset, target);
        if (offset >= pageBytes) throw new Error('the disk failed');
      },
    };
    await expect(wipeAll(failing)).rejects.toThrow('the disk failed');
    expect(area.early.every(({ target }) => target.every((byte) => byte === 0))).toBe(true);
  });

  it('reads a page at most, each once, and nothing behind the table', async () => {
    const bytes = small();
    const area = readingNow(bytes);
    await wipeAll(area);
    const tableEnd = 20 + 300 * 41;
    for (const { offset, length } of area.early) {
      expect(offset + length).toBeLessThanOrEqual(tableEnd);
      // A header may lie across the end of a page.
      expect((offset % pageBytes) + length).toBeLessThanOrEqual(pageBytes + 19);
    }
    expect(area.early.length).toBeLessThan(12);
  });

  it('reads no data of large entries', async () => {
    const area = readingNow(buildTable(entries(5, 600)));
    await wipeAll(area);
    expect(area.early.map(({ length }) => length)).toEqual([20, 20, 20, 20, 20, 20]);
  });

  it('reads no data where something is to be kept', async () => {
    const area = readingNow(small());
    await wipeEntries(area, [numberedGuid(1), numberedGuid(7)]);
    expect(area.early.every(({ length }) => length === 20)).toBe(true);
  });

  it('finds what a walk by headers alone finds', async () => {
    const tables = [
      small(),
      rawArea([]),
      new Uint8Array(19),
      new Uint8Array(64),
      rawArea([...entries(3, 5), { guid: numberedGuid(9), data: text('cut'), length: 19 }]),
      rawArea([...entries(100, 20), { guid: nullGuid }, ...entries(2, 5000), ...entries(200, 7)]),
      rawArea(entries(2, 30), { length: 4096 }),
      rawArea(entries(2, 30), { trailing: new Uint8Array(19) }),
      rawArea(entries(2, 30), { trailing: new Uint8Array(20) }),
    ];
    for (const bytes of tables) {
      const { found, ...walk } = await walkToWipe(bufferArea(bytes));
      const { found: expected, ...other } = await walkArea(bufferArea(bytes));
      expect(walk).toEqual(other);
      expect(found.where(all)).toEqual(expected.where(all));
    }
  });
});
