import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { LogDouble } from '../testing/log-double.ts';
import { addConflict, noConflicts } from './conflicts.ts';
import { WitnessFile } from './witness-file.ts';

const log = new LogDouble().grow(4);
const [key = ''] = log.listed;

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vestige-witness-'));
  path = join(directory, 'witness.json');
});

afterEach(() => rmSync(directory, { recursive: true }));

const open = (pin: string | null = null): Promise<WitnessFile> => WitnessFile.open(path, pin);

async function save(): Promise<WitnessFile> {
  const file = await open();
  await file.save({
    ...file.state,
    origin: log.origin,
    keys: log.listed,
    kept: log.checkpoint(),
    keptAt: '2026-01-01T00:00:00.000Z',
    conflicts: addConflict(noConflicts, {
      reason: 'inconsistent',
      at: '2026-01-01T00:00:00.000Z',
      kept: log.checkpoint(2),
      seen: log.checkpoint(3),
    }),
  });
  return file;
}

describe('the witness file', () => {
  it('is found again as it was saved, and is read by nobody else', async () => {
    const { state } = await save();
    expect((await open()).state).toStrictEqual(state);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toStrictEqual(['witness.json']);
  });

  it('is not hurt by a half-written successor that a kill left', async () => {
    const { state } = await save();
    writeFileSync(`${path}.new`, '{"pin":');
    expect((await open()).state).toStrictEqual(state);
    await save();
  });

  it('remembers a pin over a start without it', async () => {
    await open(key);
    expect((await open()).state).toMatchObject({ pin: key, origin: log.origin, keys: [key] });
  });

  it('keeps what it learned since, where the same pin is given again', async () => {
    const file = await open(key);
    const keys = [key, ...new LogDouble().listed];
    await file.save({ ...file.state, keys });
    expect((await open(key)).state.keys).toStrictEqual(keys);
  });

  it('trusts another pin alone, and keeps the checkpoint of the same log and every conflict', async () => {
    await save();
    const [pin = ''] = new LogDouble().listed;
    expect((await open(pin)).state).toMatchObject({ pin, keys: [pin], kept: log.checkpoint() });
    const [stranger = ''] = new LogDouble('other.example').listed;
    expect((await open(stranger)).state).toMatchObject({
      origin: 'other.example',
      kept: null,
      conflicts: { count: 1 },
    });
  });

  it.each([
    ['', ''],
    ['"kept": "', '"kept": "x'],
    ['"count": 1', '"count": "1"'],
    ['"inconsistent"', '"fine"'],
    ['"record": "due"', '"record": "later"'],
    ['log.example+', 'log.examplf+'],
    ['"met": [', '"met": [7,'],
  ])('is refused where it is damaged (%s)', async (whole, damaged) => {
    await save();
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, whole === '' ? text.slice(0, 100) : text.replace(whole, damaged));
    await expect(open()).rejects.toThrow('is damaged');
  });
});
