import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { SecretRef, SourceReport } from '@vestige/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openJournalView } from '../journal/journal-view.ts';
import { Journal } from '../journal/journal.ts';
import { Records } from '../records.ts';
import { LogDouble } from '../testing/log-double.ts';
import { ObserverDouble } from '../testing/observer-double.ts';
import { nextBatch } from '../uplink/batch.ts';
import { conflictKey } from '../witness/conflicts.ts';
import { BootLedger } from './boot-ledger.ts';
import { orderKey } from './ledger.ts';

const boot = '11111111-2222-4333-8444-555555555555';
const order = '99999999-2222-4333-8444-555555555555';
const source = { kind: 'efi-secret', path: '/coco' } as const;
const secret: SecretRef = { source, name: 'a', guid: null };
const report: SourceReport = {
  source,
  condition: 'populated',
  capabilities: ['per-item-wipe'],
  method: 'fanotify',
  detail: '',
};

const log = new LogDouble().grow(2);

let directory: string;
let path: string;
let observer: ObserverDouble;
let records: Records;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vestige-ledger-'));
  path = join(directory, 'ledger.json');
  observer = new ObserverDouble(boot);
  records = new Records(observer);
});

afterEach(() => rmSync(directory, { recursive: true }));

const open = (of = boot): Promise<BootLedger> => BootLedger.open(path, observer, of);

async function recordMuch(): Promise<void> {
  await records.record('source.found', report);
  await records.record('secret.discovered', { secret, dataLength: null, usage: null });
  await records.record('wipe.delivered', { order, secret });
}

describe('BootLedger', () => {
  it('follows the journal', async () => {
    const ledger = await open();
    await recordMuch();
    const { sources, secrets, orders, through } = ledger.read();
    expect([...sources.values()]).toStrictEqual([report]);
    expect([...secrets.values()]).toStrictEqual([{ secret, isPresent: true }]);
    expect(orders.get(orderKey(order, secret))).toBe('delivered');
    expect(through).toBe(2);
  });

  it('is the same after a restart, also where the journal dropped what was saved', async () => {
    const before = await open();
    await recordMuch();
    await before.save();
    await records.record('secret.vanished', { secret, detail: '' });
    const part = observer.parts.get(boot);
    if (part !== undefined) part.firstSeq = 3;
    const after = await open();
    expect(after.read()).toStrictEqual(before.read());
    expect([...after.read().secrets.values()]).toStrictEqual([{ secret, isPresent: false }]);
  });

  it('knows which conflict of checkpoints it has last, also as an agent left it that knew none', async () => {
    const ledger = await open();
    await recordMuch();
    await ledger.save();
    const saved = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    delete saved['lastConflict'];
    writeFileSync(path, JSON.stringify(saved));
    const [kept, seen] = [log.checkpoint(1), log.checkpoint(2)];
    await records.record('agent.checkpoint-conflict', { reason: 'inconsistent', kept, seen });
    const again = await open();
    expect(again.read().lastConflict).toBe(conflictKey('inconsistent', seen));
    await again.save();
    expect((await open()).read()).toStrictEqual(again.read());
  });

  it('begins anew in another boot', async () => {
    const before = await open();
    await recordMuch();
    await before.save();
    observer.addBoot(order);
    expect((await open(order)).read().through).toBe(-1);
  });

  it('refuses a state of which parts are lost', async () => {
    const ledger = await open();
    await recordMuch();
    await ledger.save();
    observer.records.set(boot, []);
    await expect(open()).rejects.toThrow('ahead of the journal');
  });

  it('refuses a journal that is damaged in the middle', async () => {
    const journal = new Journal({ dir: directory, boot, segmentBytes: 1 });
    for (let n = 0; n < 3; n += 1)
      journal.append([{ type: 'agent.stopped', at: records.now(), data: { reason: `${n}` } }]);
    journal.close();
    const [part] = readdirSync(directory);
    writeFileSync(join(directory, part ?? '', '000000000001.log'), 'torn');
    const damaged = {
      journal: openJournalView(directory),
      onRecorded: () => () => undefined,
    };
    await expect(BootLedger.open(path, damaged, boot)).rejects.toThrow('damaged after record 0');
    expect(() => nextBatch(damaged.journal, new Map([[boot, 1]]))).toThrow('damaged at 1');
  });

  it('refuses a damaged file', async () => {
    writeFileSync(path, '{"boot":1}');
    await expect(open()).rejects.toThrow('damaged');
  });
});
