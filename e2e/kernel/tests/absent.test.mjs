import { buildTable, encodeGuid } from '@vestige/secret-area';
import { afterEach, expect, it } from 'vitest';

import { partsOf } from '../build/parts.mjs';
import { Guest } from '../run/guest.mjs';
import { kernel, plant, program } from '../run/world.mjs';

// Why there is no directory of secrets: the kernel shows all of these in the same way.
const first = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb';
const second = 'cccccccc-cccc-4ccc-8ccc-cccccccccccc';
const entries = Object.entries(plant(first, second)).map(([guid, data]) => ({ guid, data }));
const headerBytes = 20;

let guest;
afterEach(() => guest?.stop());

async function scanOf(area) {
  guest = await Guest.boot(partsOf(kernel), { area });
  const { status, output } = await guest.try(`${program} scan --json`);
  const { sources } = JSON.parse(output);
  return { status, ...sources[0] };
}

function cutShort() {
  const area = Buffer.from(buildTable(entries));
  area.writeUInt32LE(headerBytes - 1, headerBytes + 16);
  return area;
}

function withTwoOfOneGuid() {
  const area = Buffer.from(buildTable(entries));
  area.set(encodeGuid(first), area.indexOf(encodeGuid(second)));
  return area;
}

it('says of a machine whose firmware announced no secret area that there is none', async () => {
  const scanned = await scanOf(undefined);
  expect(scanned).toMatchObject({ status: 0, condition: 'absent', secrets: [] });
  expect(scanned.detail).toMatch(/no secret area/);
});

it('calls an area that no owner filled empty', async () => {
  const scanned = await scanOf(Buffer.alloc(64));
  expect(scanned).toMatchObject({ status: 0, condition: 'empty', secrets: [] });
  expect(scanned.detail).toMatch(/nobody filled it/);
});

it('calls a table without entries empty', async () => {
  expect(await scanOf(buildTable([]))).toMatchObject({ condition: 'empty', secrets: [] });
});

it.each([
  ['an entry shorter than its own header', cutShort],
  ['two entries of one GUID', withTwoOfOneGuid],
])('calls a table corrupt that the kernel refuses for %s', async (_, make) => {
  expect(await scanOf(make())).toMatchObject({ status: 1, condition: 'corrupt', secrets: [] });
});
