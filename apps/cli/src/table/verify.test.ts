import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { buildTable, bufferArea, parseBytes, wipeEntry } from '@vestige/secret-area';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { exitCodes } from '../exit-code.ts';
import { run } from '../run.ts';

const luksKey = '736869e5-84f0-4973-92ec-06879ce3da0b';
const other = '9553f55d-3da2-43ee-ab5d-ff17f78864d2';
const canary = 'canary-77aa01';

let file: string;
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'vestige-verify-'));
  file = path.join(directory, 'table.bin');
  const data = new TextEncoder().encode(canary);
  const image = buildTable([luksKey, other].map((guid) => ({ guid, data })));
  await wipeEntry(bufferArea(image), luksKey);
  await writeFile(file, image);
});
afterEach(() => rm(directory, { recursive: true }));

async function vestige(...args: string[]) {
  const said = { out: '', err: '' };
  const exitCode = await run(['table', ...args], {
    exitCode: exitCodes.fine,
    print: (text) => (said.out += `${text}\n`),
    warn: (text) => (said.err += `${text}\n`),
    confirm: async () => null,
    readInput: async () => new Uint8Array(64),
    writeOutput: async () => {},
  });
  expect(said.out + said.err).not.toContain(canary);
  return { exitCode, ...said };
}

describe('vestige table verify', () => {
  it('proves that the wiped entry is zero', async () => {
    const { exitCode, out } = await vestige('verify', file, '--guid', luksKey);
    expect(exitCode).toBe(0);
    expect(out).toContain('verified: populated, 1 wiped and zero, 1 live');
    expect(out).toContain('Linux shows 1 of 2 entries');
    expect(JSON.parse((await vestige('verify', file, '--json')).out)).toMatchObject({
      verified: true,
      entries: [{ verdict: 'zero' }, { verdict: 'live' }],
    });
  });

  it('answers 1 and says what is still live', async () => {
    for (const asked of [['--all'], ['--guid', other]]) {
      const { exitCode, out } = await vestige('verify', file, ...asked);
      expect(exitCode).toBe(1);
      expect(out).toContain(`${other} is still live`);
    }
  });

  it('answers 1 where something cannot be told apart', async () => {
    await writeFile(file, buildTable([{ guid: other, data: new Uint8Array(9) }]).fill(0, 20, 40));
    const { exitCode, out } = await vestige('verify', file);
    expect(exitCode).toBe(1);
    expect(out).toContain('cannot be told apart');
    expect(out).toContain('entry-zeroed');
  });

  it('answers 1 for a table that Linux refuses, though what is wiped is zero', async () => {
    const data = new TextEncoder().encode(canary);
    const image = buildTable([luksKey, other].map((guid) => ({ guid, data })));
    const second = parseBytes(image).entries[1]?.offset ?? 0;
    await writeFile(file, image.copyWithin(second, 20, 36));
    const { exitCode, out } = await vestige('verify', file);
    expect(exitCode).toBe(1);
    expect(out).toContain('zeros verified, BUT LINUX REFUSES THE TABLE: corrupt, 0 wiped and zero');
    expect(out).toContain('Linux shows nothing: it refuses the area (EEXIST)');
    expect(out).toContain('error duplicate-guid at 53');
    const asJson = await vestige('verify', file, '--guid', other, '--json');
    expect(asJson.exitCode).toBe(1);
    expect(JSON.parse(asJson.out)).toMatchObject({
      verified: true,
      tableState: 'corrupt',
      kernelView: { directory: false, visible: [], error: 'EEXIST' },
      diagnostics: [{ code: 'duplicate-guid', severity: 'error' }, {}, {}],
    });
  });

  it('takes standard input', async () => {
    expect(await vestige('verify', '-', '--all')).toMatchObject({ exitCode: 0 });
  });

  it('answers 2 for both --all and --guid', async () => {
    const said = await vestige('verify', file, '--all', '--guid', luksKey);
    expect(said).toMatchObject({ exitCode: 2, out: '' });
  });
});

describe('vestige table guids', () => {
  it('lists what is known, and what has a text', async () => {
    const all = await vestige('guids');
    expect(all.exitCode).toBe(0);
    expect(all.out).toContain(luksKey);
    const { out } = await vestige('guids', 'LUKS', '--json');
    expect(JSON.parse(out)).toMatchObject({ guids: [{ guid: luksKey, kind: 'usage' }] });
  });

  it('takes a registry file, and answers 1 where nothing is known', async () => {
    const registry = path.join(directory, 'ours.json');
    const guid = '11111111-2222-4333-8444-555555555555';
    await writeFile(registry, JSON.stringify({ guids: [{ guid, meaning: 'backup key' }] }));
    const { out } = await vestige('guids', 'backup', '--registry', registry);
    expect(out).toBe(`${guid}  usage  backup key\n`);
    expect(await vestige('guids', 'no such text')).toMatchObject({ exitCode: 1 });
  });
});
