import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Observation } from '@vestige/contract';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Records } from '../records.ts';
import { ObserverDouble } from '../testing/observer-double.ts';
import { ServiceDouble } from '../testing/service-double.ts';
import { Wake } from '../wake.ts';
import { BackOff } from './back-off.ts';
import { batchRecordsMax } from './batch.ts';
import { enrol } from './enrol.ts';
import { createIdentity, type Identity, readIdentity, signingKeyOf } from './identity.ts';
import { JoinStateFile } from './join-state.ts';
import { LinkStateKeeper } from './link-state.ts';
import { ServiceClock } from './service-clock.ts';
import { ServiceLink } from './service-link.ts';
import { Uplink } from './uplink.ts';

const boot = '22222222-2222-4333-8444-555555555555';
const earlierBoot = '11111111-2222-4333-8444-555555555555';

let stateDir: string;
let service: ServiceDouble;
let observer: ObserverDouble;
let identity: Identity;
let link: ServiceLink;
let state: LinkStateKeeper;
let uplink: Uplink;
let running: Promise<void>;
let logged: string[];
let checkpoints: (string | null)[];

/** Never waits: a test that had to wait would have to say for what. */
const backOff = new BackOff(() => 0);

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'vestige-uplink-'));
  service = await ServiceDouble.listen();
  observer = new ObserverDouble(boot);
  logged = [];
  checkpoints = [];
  state = new LinkStateKeeper('service', (line) => logged.push(line));
  identity = await createIdentity(stateDir, service.url);
  link = new ServiceLink(service.url, () => signingKeyOf(identity), new ServiceClock());
  running = Promise.resolve();
});

afterEach(async () => {
  uplink?.stop(0);
  await running;
  await service.close();
  rmSync(stateDir, { recursive: true });
});

async function enrolNow(token = service.token): Promise<void> {
  const enrolled = await enrol({
    stateDir,
    identity,
    token,
    name: 'testling',
    link,
    state,
    backOff,
    wake: new Wake(),
    isStopping: () => false,
  });
  identity = enrolled ?? identity;
}

function start(): void {
  const wake = new Wake();
  observer.onRecorded(() => wake.set());
  uplink = new Uplink({
    link,
    journal: observer.journal,
    acknowledge: (of, through) => observer.acknowledge(of, through),
    offerCheckpoint: (note) => checkpoints.push(note),
    joinState: new JoinStateFile(
      stateDir,
      () => identity.guest,
      (line) => logged.push(line),
    ),
    state,
    backOff,
    quarantineMilliseconds: 0,
    wake,
  });
  running = uplink.run();
}

async function record(count: number): Promise<void> {
  const records = new Records(observer);
  for (let index = 0; index < count; index += 1)
    await records.record('agent.stopped', { reason: `record ${index}` });
}

function acked(of = boot): number | undefined {
  return observer.parts.get(of)?.ackedThrough;
}

const expectAcked = (through: number, of = boot): Promise<void> =>
  vi.waitFor(() => expect(acked(of)).toBe(through), { timeout: 10_000 });

const expectStanding = (standing: string): Promise<void> =>
  vi.waitFor(() => expect(state.state.standing).toBe(standing), { timeout: 10_000 });

describe('enrolment', () => {
  it('keeps the key and the guest for itself and sends the public key alone', async () => {
    await enrolNow();
    const path = join(stateDir, 'identity.json');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await readIdentity(stateDir))?.guest).toBe(service.guest);
    const pem = (JSON.parse(readFileSync(path, 'utf8')) as { privateKey: string }).privateKey;
    expect(service.bodies.join('')).not.toContain(pem.split('\n')[1]);
  });

  it('is one guest also where an answer got lost', async () => {
    service.loseAnswers = 2;
    await enrolNow();
    expect(service.keys.size).toBe(1);
  });

  it('ends with a refusal that says what the service said', async () => {
    await expect(enrolNow('wrong')).rejects.toThrow('guest: token-unknown: told to');
  });

  it('learns the service’s clock where its own is far off', async () => {
    service.clockOffsetMilliseconds = 3_600_000;
    await enrolNow();
    expect(Math.abs(link.clock.now() - Date.now() - 3_600_000)).toBeLessThan(2000);
  });
});

describe('delivery', () => {
  beforeEach(() => enrolNow());

  it('delivers each record once and in order, in batches', async () => {
    await record(batchRecordsMax + 1);
    start();
    await expectAcked(batchRecordsMax);
    expect(service.records.get(boot)).toStrictEqual(observer.records.get(boot));
    expect(service.bodies).toHaveLength(1 + 2);
  });

  it('delivers a new record at once', async () => {
    start();
    await record(1);
    await expectAcked(0);
  });

  it('repeats nothing where an answer got lost', async () => {
    await record(3);
    service.loseAnswers = 1;
    start();
    await expectAcked(2);
    expect(service.all()).toHaveLength(3);
  });

  it('delivers earlier boots first', async () => {
    observer.parts.clear();
    observer.addBoot(earlierBoot);
    observer.addBoot(boot);
    await record(2);
    observer.records.set(earlierBoot, [...(observer.records.get(boot) ?? [])]);
    start();
    await expectAcked(1);
    expect([...service.records.keys()]).toStrictEqual([earlierBoot, boot]);
  });

  it('hands on the checkpoint that came with an answer, whatever it is', async () => {
    service.checkpoint = 'as it was signed';
    await record(1);
    start();
    await expectAcked(0);
    service.checkpoint = null;
    await record(1);
    await expectAcked(1);
    expect(checkpoints).toStrictEqual(['as it was signed', null]);
  });

  it('begins again where the service says that it misses records', async () => {
    await record(5);
    await observer.acknowledge(boot, 2);
    start();
    await vi.waitFor(() => expect(service.all()).toHaveLength(5));
    expect(service.records.get(boot)).toStrictEqual(observer.records.get(boot));
  });

  it('goes on after what the service has already', async () => {
    await record(5);
    service.records.set(boot, observer.records.get(boot)?.slice(0, 4) ?? []);
    start();
    await expectAcked(4);
    expect(service.all()).toHaveLength(5);
  });

  it('stops and drops nothing where the service has other records', async () => {
    await record(2);
    const other: Observation = {
      type: 'agent.stopped',
      at: '2026-01-01T00:00:00.000Z',
      data: { reason: 'a clone' },
    };
    service.records.set(boot, [other]);
    start();
    await running;
    expect(state.state.standing).toBe('conflict');
    expect(acked()).toBe(-1);
    expect(logged.at(-1)).toContain('Nothing is sent any more');
  });

  it('stops where the service has more than the agent ever wrote', async () => {
    await record(1);
    const own = observer.records.get(boot) ?? [];
    service.records.set(boot, [...own, ...own]);
    start();
    await running;
    expect(state.state.standing).toBe('conflict');
  });

  it('stops where the service lost what is no longer kept here', async () => {
    await record(5);
    await observer.acknowledge(boot, 3);
    const part = observer.parts.get(boot);
    if (part !== undefined) part.firstSeq = 2;
    start();
    await running;
    expect(state.state.detail).toContain('no longer kept here');
  });

  it('tries until the service is back', async () => {
    await service.close();
    await record(1);
    start();
    await expectStanding('unreachable');
    await service.open();
    await expectAcked(0);
    expect(state.state.standing).toBe('connected');
  });

  it.each([
    [503, 'not-ready'],
    [503, 'log-damaged'],
    [507, 'storage-full'],
    [429, 'too-many-requests'],
  ] as const)('tries again after status %d (%s)', async (status, code) => {
    service.refuseWith = { status, code };
    await record(1);
    start();
    await expectStanding('unreachable');
    service.refuseWith = null;
    await expectAcked(0);
  });

  it('says what to do where the service does not know the guest', async () => {
    service.keys.clear();
    await record(1);
    start();
    await expectStanding('refused');
    expect(state.state.detail).toContain('enrol anew');
  });

  it('shows with each batch the join state that it was given last', async () => {
    await record(1);
    start();
    await expectAcked(0);
    for (const [index, given] of ['a'.repeat(43), 'b'.repeat(43), null].entries()) {
      service.joinState = given;
      await record(1);
      await expectAcked(index + 1);
    }
    await record(1);
    await expectAcked(4);
    expect(service.shown).toStrictEqual([
      null,
      null,
      'a'.repeat(43),
      'b'.repeat(43),
      'b'.repeat(43),
    ]);
  });

  it('shows the same join state again where the answer was lost', async () => {
    service.joinState = 'a'.repeat(43);
    await record(1);
    start();
    await expectAcked(0);
    service.joinState = 'b'.repeat(43);
    service.loseAnswers = 2;
    await record(1);
    await expectAcked(1);
    expect(service.shown).toStrictEqual([null, ...Array.from({ length: 3 }, () => 'a'.repeat(43))]);
  });

  it('drops nothing whose join state it could not keep, and says the same again', async () => {
    service.joinState = 'a'.repeat(43);
    await mkdir(join(stateDir, 'join-state.json.new'));
    await record(1);
    start();
    await expectStanding('unreachable');
    expect(acked()).toBe(-1);
    await rmdir(join(stateDir, 'join-state.json.new'));
    await expectAcked(0);
    expect(new Set(service.shown)).toStrictEqual(new Set([null]));
  });

  it('waits for a person where it is quarantined, keeps everything, and goes on when it is released', async () => {
    service.refuseWith = { status: 403, code: 'quarantined' };
    await record(2);
    start();
    await expectStanding('refused');
    expect(state.state.detail).toContain('An operator has to find out');
    await record(1);
    expect(acked()).toBe(-1);
    service.refuseWith = null;
    await expectAcked(2);
    expect(state.state.standing).toBe('connected');
  });

  it('delivers what is left when it is told to stop', async () => {
    await record(3);
    start();
    uplink.stop(2000);
    await running;
    expect(acked()).toBe(2);
  });

  it('does not wait longer than it was given for a service that is away', async () => {
    await service.close();
    await record(1);
    start();
    const started = performance.now();
    uplink.stop(100);
    await running;
    expect(performance.now() - started).toBeLessThan(1000);
    expect(acked()).toBe(-1);
  });
});
