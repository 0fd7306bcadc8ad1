import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { BootLedger } from './ledger/boot-ledger.ts';
import { Records } from './records.ts';
import { recordStart, StartRecords } from './start-records.ts';
import { ObserverDouble } from './testing/observer-double.ts';

const boot = {
  id: '11111111-2222-4333-8444-555555555555',
  bootedAt: '2026-06-01T00:00:00.000Z',
  kernel: 'Linux 6.12',
  hostname: 'testling',
};

let directory: string;
let observer: ObserverDouble;
let clock: { wall: number; monotonic: number };

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vestige-start-'));
  observer = new ObserverDouble(boot.id);
  clock = { wall: Date.parse('2026-06-01T00:01:00Z'), monotonic: 0 };
});

afterEach(() => rmSync(directory, { recursive: true }));

function newRecords(): Records {
  return new Records(observer, { wall: () => clock.wall, monotonic: () => clock.monotonic });
}

async function start(): Promise<void> {
  const path = join(directory, 'ledger.json');
  const ledger = await BootLedger.open(path, observer, boot.id);
  await recordStart(boot, newRecords(), ledger);
}

describe('the first records of a start', () => {
  it('begins a boot with the boot, the agent, and the time that nobody observed', async () => {
    await start();
    expect(observer.types()).toStrictEqual(['guest.booted', 'agent.started', 'agent.gap']);
    expect(observer.records.get(boot.id)?.[0]?.data).toHaveProperty('module');
    expect(observer.last()?.data).toStrictEqual({
      reason: 'before-agent-start',
      from: '2026-06-01T00:00:00.000Z',
      until: '2026-06-01T00:01:00.000Z',
      lost: null,
      source: null,
    });
  });

  it('tells from when to when it was down', async () => {
    await start();
    clock.wall += 60_000;
    await start();
    expect(observer.types().slice(3)).toStrictEqual(['agent.started', 'agent.gap']);
    expect(observer.last()?.data).toMatchObject({
      reason: 'agent-down',
      from: '2026-06-01T00:01:00.000Z',
      until: '2026-06-01T00:02:00.000Z',
    });
  });

  it('completes a start that was killed half-way', async () => {
    await start();
    observer.records.get(boot.id)?.splice(1);
    await start();
    expect(observer.types()).toStrictEqual(['guest.booted', 'agent.started', 'agent.gap']);
    expect(observer.last()?.data).toMatchObject({ reason: 'before-agent-start' });
  });

  it('says that the clock went backwards while it was down', async () => {
    await start();
    clock.wall -= 60_000;
    await start();
    const gaps = observer.records.get(boot.id)?.slice(-2);
    expect(gaps).toMatchObject([
      { data: { reason: 'clock-backwards', from: '2026-06-01T00:01:00.000Z' } },
      { data: { reason: 'agent-down', from: null } },
    ]);
  });
});

describe('a start with a full journal', () => {
  it('is recorded once there is room, with the times that it had', async () => {
    await start();
    const path = join(directory, 'ledger.json');
    const ledger = await BootLedger.open(path, observer, boot.id);
    clock.wall += 60_000;
    const records = newRecords();
    const later = new StartRecords({ boot, records, ledger, mode: 'observe' });
    const told: string[] = [];
    observer.isFull = true;
    await later.recordOnceRoom((line) => told.push(line));
    await later.recordOnceRoom((line) => told.push(line));
    expect(later.isRecorded).toBe(false);
    expect(told).toHaveLength(1);
    observer.isFull = false;
    clock.wall += 60_000;
    clock.monotonic += 60_000;
    await records.record('agent.gap', {
      reason: 'journal-full',
      from: null,
      until: null,
      lost: 1,
      source: null,
    });
    await later.recordOnceRoom((line) => told.push(line));
    expect(later.isRecorded).toBe(true);
    expect(observer.types().slice(4)).toStrictEqual(['agent.started', 'agent.gap']);
    expect(observer.last()?.data).toMatchObject({
      reason: 'agent-down',
      from: '2026-06-01T00:01:00.000Z',
      until: '2026-06-01T00:02:00.000Z',
    });
  });
});

describe('the wall clock', () => {
  it('is a gap where somebody sets it back while the agent runs', async () => {
    const records = newRecords();
    await records.checkClock();
    clock = { wall: clock.wall - 60_000, monotonic: 2000 };
    await records.checkClock();
    expect(observer.last()?.data).toMatchObject({
      reason: 'clock-backwards',
      from: '2026-06-01T00:01:00.000Z',
      until: '2026-06-01T00:00:00.000Z',
    });
  });

  it('may be trimmed and may go ahead', async () => {
    const records = newRecords();
    await records.checkClock();
    clock = { wall: clock.wall + 1500, monotonic: 2000 };
    await records.checkClock();
    clock = { wall: clock.wall + 3_600_000, monotonic: 4000 };
    await records.checkClock();
    expect(observer.types()).toStrictEqual([]);
  });
});
