import { existsSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { nullGuid } from './layout.ts';
import { parseTable } from './parse.ts';
import { bufferArea } from './reader.ts';
import { numberedGuid, rawArea, type RawEntry, resize, text } from './testing/raw-area.ts';

const files = (count: number): RawEntry[] =>
  Array.from({ length: count }, (_, n) => ({ guid: numberedGuid(n + 1), data: text('x') }));
const wiped: RawEntry = { guid: nullGuid, data: new Uint8Array(2) };
const broken: RawEntry = { guid: numberedGuid(0xbad), length: 0 };

const view = async (entries: RawEntry[]) =>
  (await parseTable(bufferArea(rawArea(entries)))).kernelView;
const nothing = (error: string) => ({ directory: false, visible: [], error });

describe('the kernel view', () => {
  it('shows 64 files and no 65th', async () => {
    const first = files(64).map(({ guid }) => guid);
    expect(await view(files(64))).toEqual({ directory: true, visible: first, error: null });
    expect(await view(files(65))).toEqual({ directory: true, visible: first, error: null });
  });

  it('does not count wiped entries towards the 64', async () => {
    const mixed = files(64).flatMap((entry) => [wiped, entry]);
    const shown = await view([...mixed, ...files(65).slice(64)]);
    expect(shown.visible).toEqual(files(64).map(({ guid }) => guid));
  });

  it('loses everything to an impossible length up to the 64th file, and nothing behind it', async () => {
    expect(await view([...files(63), broken])).toEqual(nothing('EINVAL'));
    expect((await view([...files(64), broken])).visible).toHaveLength(64);
    expect((await view([...files(64), wiped, broken])).visible).toHaveLength(64);
  });

  it('loses everything to a duplicate up to the 64th file, and nothing behind it', async () => {
    expect(await view([...files(63), ...files(1)])).toEqual(nothing('EEXIST'));
    expect((await view([...files(64), ...files(1)])).visible).toHaveLength(64);
  });

  it('reports whichever comes first, the duplicate or the impossible length', async () => {
    expect(await view([...files(2), ...files(1), broken])).toEqual(nothing('EEXIST'));
    expect(await view([...files(2), broken, ...files(1)])).toEqual(nothing('EINVAL'));
  });

  it('takes wiped entries for no duplicates and shows an empty directory for them alone', async () => {
    expect(await view([wiped, wiped])).toEqual({ directory: true, visible: [], error: null });
  });
});

interface Recorded {
  blob: string;
  settings: { size?: number; table_size?: number };
  observed: { directory: string[]; entries: { guid: string }[] };
}

/** What Linux 6.1 and 6.12 did with 54 areas; it lies beside a checkout where it was recorded. */
const recordingUrl = new URL(
  '../../../../shared/bench/guest/kernel-behaviour.json',
  import.meta.url,
);
const recorded: [string, Recorded][] = existsSync(recordingUrl)
  ? Object.entries(
      (JSON.parse(readFileSync(recordingUrl, 'utf8')) as { cases: Record<string, Recorded> }).cases,
    )
  : [];
if (recorded.length === 0) console.info('skipped: no recording of the kernel beside this checkout');

/** Refused for how the firmware publishes the area, which its bytes do not tell. */
const refusedByPlatform = new Set(['no-table', 'table-base-0', 'area-in-ram']);
const readable = recorded.filter(([name]) => !refusedByPlatform.has(name));

describe.skipIf(recorded.length === 0)('the kernel view of recorded areas', () => {
  it('covers all 54 but those that the platform decides', () => {
    expect(recorded).toHaveLength(54);
    expect(readable).toHaveLength(51);
  });

  it.each(readable)('is what Linux did with %s', async (_name, { blob, settings, observed }) => {
    const size = settings.table_size ?? settings.size ?? 4096;
    const { kernelView } = await parseTable(bufferArea(resize(Buffer.from(blob, 'hex'), size)));
    expect(kernelView.directory).toBe(observed.directory.includes('secrets/coco'));
    expect(kernelView.visible.toSorted()).toEqual(
      observed.entries.map(({ guid }) => guid).toSorted(),
    );
    expect(kernelView.directory && kernelView.error !== null).toBe(false);
  });
});
