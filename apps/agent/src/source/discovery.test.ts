import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Reader, Source } from '@vestige/contract';
import { buildTable, fileArea, wipeEntry } from '@vestige/secret-area';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { BootLedger } from '../ledger/boot-ledger.ts';
import { Records } from '../records.ts';
import { ObserverDouble } from '../testing/observer-double.ts';
import { Discovery } from './discovery.ts';
import { efiSecret } from './efi-secret.ts';
import { secvar } from './secvar.ts';
import { table } from './table.ts';

const boot = '11111111-2222-4333-8444-555555555555';
const diskKey = '736869e5-84f0-4973-92ec-06879ce3da0b';
const actor: Reader = {
  pid: 42,
  startTime: 1,
  exe: '/usr/bin/wiper',
  comm: 'wiper',
  uid: 0,
  gid: 0,
  loginuid: null,
  cgroup: null,
  unit: null,
  container: null,
};

let directory: string;
let coco: string;
let image: string;
let observer: ObserverDouble;
let discovery: Discovery;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'vestige-discovery-'));
  coco = join(directory, 'coco');
  image = join(directory, 'area.bin');
  observer = new ObserverDouble(boot);
  discovery = await restart();
});

afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true });
});

async function restart(): Promise<Discovery> {
  const path = join(directory, 'ledger.json');
  const ledger = await BootLedger.open(path, observer, boot);
  const records = new Records(observer);
  const sources = [efiSecret(coco), table(image)];
  return new Discovery(sources, { observer, records, ledger, log: () => {} });
}

function fill(): void {
  mkdirSync(coco);
  writeFileSync(join(coco, diskKey), 'x');
  writeFileSync(image, buildTable([{ guid: diskKey, data: Buffer.from('x') }]));
}

const source = (): Source => ({ kind: 'table', path: image });

async function wipeByHand(): Promise<void> {
  const file = await open(image, 'r+');
  await wipeEntry(await fileArea(file), diskKey);
  await file.close();
}

describe('Discovery', () => {
  it('tells once of sources that are not there, and does not watch them', async () => {
    await discovery.scan();
    await discovery.scan();
    expect(observer.types()).toStrictEqual(['source.found', 'source.found']);
    expect(observer.watched).toStrictEqual([]);
  });

  it('watches a source before it tells what is in it', async () => {
    fill();
    await discovery.scan();
    expect(observer.watched).toStrictEqual([coco, image]);
    expect(observer.items.get(coco)?.map(({ name }) => name)).toStrictEqual([diskKey]);
    expect(observer.types()).toStrictEqual([
      'source.found',
      'secret.discovered',
      'source.found',
      'secret.discovered',
    ]);
  });

  it('finds a source that comes later', async () => {
    await discovery.scan();
    fill();
    await discovery.scan();
    expect(observer.types().slice(2)).toStrictEqual([
      'source.changed',
      'secret.discovered',
      'source.changed',
      'secret.discovered',
    ]);
  });

  it('says how a source is watched, and why no better', async () => {
    observer.watchResult = { method: 'inotify', changes: 'inotify', detail: 'EPERM' };
    fill();
    await discovery.scan();
    expect(observer.records.get(boot)?.[0]?.data).toMatchObject({ method: 'inotify' });
    expect(JSON.stringify(observer.records.get(boot)?.[0]?.data)).toContain('Watching: EPERM.');
  });

  it('goes by listings where a source cannot be watched', async () => {
    observer.watchError = new Error('no watch');
    fill();
    await discovery.scan();
    expect(observer.records.get(boot)?.[0]?.data).toMatchObject({ method: 'listing' });
    expect(observer.types()).toContain('secret.discovered');
  });

  it('only lists what is in nobody’s interest to watch, and says so', async () => {
    const variables = join(directory, 'vars');
    mkdirSync(join(variables, 'db'), { recursive: true });
    const path = join(directory, 'ledger.json');
    const ledger = await BootLedger.open(path, observer, boot);
    const records = new Records(observer);
    const only = [secvar(variables)];
    await new Discovery(only, { observer, records, ledger, log: () => {} }).scan();
    expect(observer.watched).toStrictEqual([]);
    expect(observer.records.get(boot)?.[0]?.data).toMatchObject({
      condition: 'populated',
      method: 'listing',
      detail: expect.stringContaining('reads are not seen') as string,
    });
    expect(observer.types()).toStrictEqual(['source.found', 'secret.discovered']);
  });

  it('does not say that a secret is gone which may be behind the damage of its table', async () => {
    fill();
    await discovery.scan();
    const file = await open(image, 'r+');
    await file.write(Buffer.from([7, 0, 0, 0]), 0, 4, 20 + 16);
    await file.close();
    await discovery.scan();
    expect(observer.last()).toMatchObject({
      type: 'source.changed',
      data: { condition: 'corrupt' },
    });
  });

  it('says that a secret vanished only when nobody was seen for a while', async () => {
    fill();
    await discovery.scan();
    rmSync(join(coco, diskKey));
    vi.useFakeTimers({ toFake: ['performance'] });
    await discovery.scan();
    expect(observer.types()).not.toContain('secret.vanished');
    vi.advanceTimersByTime(1000);
    await discovery.scan();
    expect(observer.types()).toContain('secret.vanished');
  });

  it('leaves a deletion to the observer that saw it', async () => {
    fill();
    await discovery.scan();
    rmSync(join(coco, diskKey));
    const secret = {
      source: { kind: 'efi-secret' as const, path: coco },
      name: diskKey,
      guid: diskKey,
    };
    await new Records(observer).record('secret.unlinked', { secret, actor, method: 'fanotify' });
    vi.useFakeTimers({ toFake: ['performance'] });
    await discovery.scan();
    vi.advanceTimersByTime(5000);
    await discovery.scan();
    expect(observer.types()).not.toContain('secret.vanished');
  });

  it('names who zeroed an entry of an image, where the observer tells', async () => {
    fill();
    await discovery.scan();
    await wipeByHand();
    const change = { what: 'modified', name: null, method: 'fanotify' } as const;
    discovery.notice({ source: source(), actor, ...change });
    discovery.notice({ source: source(), actor: null, ...change });
    await discovery.scan();
    const unlinked = observer.records.get(boot)?.find(({ type }) => type === 'secret.unlinked');
    expect(unlinked?.data).toMatchObject({ actor, method: 'fanotify' });
  });

  it('still knows who it was where that could not be recorded at once', async () => {
    fill();
    await discovery.scan();
    await wipeByHand();
    discovery.notice({ source: source(), actor, what: 'modified', name: null, method: 'fanotify' });
    observer.isFull = true;
    await discovery.scan();
    observer.isFull = false;
    await discovery.scan();
    const unlinked = observer.records.get(boot)?.find(({ type }) => type === 'secret.unlinked');
    expect(unlinked?.data).toMatchObject({ actor });
  });

  it('compares with the journal after a restart, at once', async () => {
    fill();
    await discovery.scan();
    rmSync(join(coco, diskKey));
    await wipeByHand();
    await (await restart()).scan();
    const gone = observer.types().filter((type) => type === 'secret.vanished');
    expect(gone).toHaveLength(2);
  });

  it('says that a secret was replaced while the agent was away, and tells of the new one', async () => {
    fill();
    await discovery.scan();
    rmSync(join(coco, diskKey));
    writeFileSync(join(coco, diskKey), 'another');
    writeFileSync(image, buildTable([{ guid: diskKey, data: Buffer.from('another') }]));
    const before = observer.types().length;
    await (await restart()).scan();
    const told = observer.types().slice(before);
    const replaced = ['secret.vanished', 'secret.discovered'];
    expect(told).toStrictEqual([...replaced, ...replaced]);
    expect(observer.last()?.data).toMatchObject({ dataLength: 7 });
  });

  it('names who replaced an entry of an image, where the observer tells', async () => {
    fill();
    await discovery.scan();
    writeFileSync(image, buildTable([{ guid: diskKey, data: Buffer.from('another') }]));
    discovery.notice({ source: source(), actor, what: 'modified', name: null, method: 'fanotify' });
    const before = observer.types().length;
    await discovery.scan();
    expect(observer.types().slice(before)).toStrictEqual(['secret.unlinked', 'secret.discovered']);
    const unlinked = observer.records.get(boot)?.find(({ type }) => type === 'secret.unlinked');
    expect(unlinked?.data).toMatchObject({ actor, method: 'fanotify' });
  });

  it('tells again of a secret that comes back', async () => {
    fill();
    await discovery.scan();
    rmSync(join(coco, diskKey));
    const again = await restart();
    await again.scan();
    writeFileSync(join(coco, diskKey), 'x');
    await again.scan();
    expect(observer.types().filter((type) => type === 'secret.discovered')).toHaveLength(3);
  });

  it('watches anew what replaced a directory', async () => {
    fill();
    await discovery.scan();
    renameSync(coco, join(directory, 'old'));
    mkdirSync(coco);
    await discovery.scan();
    expect(observer.watched.filter((path) => path === coco)).toHaveLength(2);
  });

  it('says that a source is not watched any more where the agent comes back without it', async () => {
    fill();
    await discovery.scan();
    const path = join(directory, 'ledger.json');
    const ledger = await BootLedger.open(path, observer, boot);
    const records = new Records(observer);
    const less = new Discovery([efiSecret(coco)], { observer, records, ledger, log: () => {} });
    await less.tellDropped();
    expect(observer.last()?.data).toMatchObject({ source: source(), method: 'none' });
  });

  it('tries again what could not be recorded', async () => {
    fill();
    observer.isFull = true;
    await discovery.scan();
    observer.isFull = false;
    await discovery.scan();
    expect(observer.types().filter((type) => type === 'secret.discovered')).toHaveLength(2);
  });
});
