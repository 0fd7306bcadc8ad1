import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildTable } from '@vestige/secret-area';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { LocalWipes } from '../commands/local-wipes.ts';
import { BootLedger } from '../ledger/boot-ledger.ts';
import { Records } from '../records.ts';
import { Discovery } from '../source/discovery.ts';
import { efiSecret } from '../source/efi-secret.ts';
import { table } from '../source/table.ts';
import { ObserverDouble } from '../testing/observer-double.ts';
import { EnrolmentEntry, enrolmentGuid } from './enrolment-entry.ts';

const boot = '11111111-2222-4333-8444-555555555555';
const grant = { api: 'https://vestige.example', token: 'one-time-token' };
const other = '736869e5-84f0-4973-92ec-06879ce3da0b';

let directory: string;
let coco: string;
let image: string;
let observer: ObserverDouble;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vestige-entry-'));
  coco = join(directory, 'coco');
  image = join(directory, 'area.bin');
  observer = new ObserverDouble(boot);
});

afterEach(() => rmSync(directory, { recursive: true }));

function put(text: string): void {
  mkdirSync(coco, { recursive: true });
  writeFileSync(join(coco, enrolmentGuid), text);
}

function log(): void {}

async function open(expected: { api?: string; allowHttp?: boolean } = {}) {
  const ledger = await BootLedger.open(join(directory, 'ledger.json'), observer, boot);
  const records = new Records(observer);
  const sources = [efiSecret(coco), table(image)];
  const discovery = new Discovery(sources, { observer, records, ledger, log });
  const common = { records, ledger, discovery, log };
  const wipes = new LocalWipes({ path: join(directory, 'wipe.json'), boot, ...common });
  const entry = new EnrolmentEntry({
    api: null,
    logKey: null,
    allowHttp: false,
    wipes,
    ...common,
    ...expected,
  });
  await discovery.scan();
  return { entry, discovery };
}

describe('the enrolment entry', () => {
  it('is read from a directory, and the journal has that it was the agent, before it is', async () => {
    put(`${JSON.stringify(grant)}\n`);
    const { entry } = await open();
    expect(await entry.read()).toStrictEqual({ ...grant, logKey: null });
    expect(observer.last()).toMatchObject({
      type: 'secret.read',
      data: { reader: { pid: process.pid }, method: 'none', extent: 'item' },
    });
    observer.isFull = true;
    await expect(entry.read()).rejects.toThrow('full');
  });

  it('is read from a table by its place, and wiped there with evidence', async () => {
    const entries = [
      { guid: other, data: Buffer.from('another secret') },
      { guid: enrolmentGuid, data: Buffer.from(JSON.stringify(grant)) },
    ];
    writeFileSync(image, buildTable(entries));
    const { entry } = await open();
    expect(await entry.read()).toMatchObject(grant);
    await entry.wipe();
    expect(observer.last()).toMatchObject({
      type: 'secret.wiped',
      data: { order: null, secret: { guid: enrolmentGuid }, evidence: { technique: 'table-zero' } },
    });
  });

  it('is wiped unread where that is all that is asked', async () => {
    put(JSON.stringify(grant));
    const { entry } = await open();
    await entry.wipe();
    expect(observer.types()).not.toContain('secret.read');
    expect(existsSync(join(coco, enrolmentGuid))).toBe(false);
    await entry.wipe();
    expect(observer.types().filter((type) => type === 'secret.wiped')).toHaveLength(1);
  });

  it('is null where no source lists it', async () => {
    const { entry } = await open();
    expect(await entry.read()).toBeNull();
    expect(observer.types()).not.toContain('secret.read');
  });

  it.each([
    ['no JSON', 'hunter2 is my token'],
    ['an unknown key', JSON.stringify({ ...grant, more: 1 })],
    ['no token', JSON.stringify({ api: grant.api })],
    ['another type', JSON.stringify([grant])],
    ['more than its bound', JSON.stringify({ ...grant, token: 'x'.repeat(5000) })],
    ['a key of no log', JSON.stringify({ ...grant, logKey: 'x' })],
    ['an address that others can read', JSON.stringify({ ...grant, api: 'http://192.0.2.1' })],
  ])('is refused where it holds %s, without a word of it', async (_, text) => {
    put(text);
    const { entry } = await open();
    const error = await entry.read().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).not.toMatch(/hunter2|one-time-token|xxx/);
    expect(existsSync(join(coco, enrolmentGuid))).toBe(true);
  });

  it('must not contradict what the command line says', async () => {
    put(JSON.stringify(grant));
    const { entry } = await open({ api: 'https://another.example' });
    await expect(entry.read()).rejects.toThrow('--api names https://another.example');
    const agreed = await open({ api: grant.api });
    expect(await agreed.entry.read()).toMatchObject(grant);
  });

  it('may name an address without encryption where that is allowed, or on this machine', async () => {
    put(JSON.stringify({ ...grant, api: 'http://192.0.2.1' }));
    expect(await (await open({ allowHttp: true })).entry.read()).toMatchObject({
      api: 'http://192.0.2.1',
    });
    put(JSON.stringify({ ...grant, api: 'http://127.0.0.1:4000' }));
    expect((await (await open()).entry.read())?.api).toBe('http://127.0.0.1:4000');
  });
});
