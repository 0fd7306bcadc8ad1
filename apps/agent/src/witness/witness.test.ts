import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { BootLedger } from '../ledger/boot-ledger.ts';
import { Records } from '../records.ts';
import { LogDouble } from '../testing/log-double.ts';
import { ObserverDouble } from '../testing/observer-double.ts';
import { ServiceDouble } from '../testing/service-double.ts';
import { BackOff } from '../uplink/back-off.ts';
import { createIdentity, type Identity, publicKeyOf, signingKeyOf } from '../uplink/identity.ts';
import { ServiceClock } from '../uplink/service-clock.ts';
import { ServiceLink } from '../uplink/service-link.ts';
import { Wake } from '../wake.ts';
import { conflictRecorder } from './conflict-recorder.ts';
import { addConflict, noConflicts } from './conflicts.ts';
import { WitnessFile } from './witness-file.ts';
import type { WitnessStatus } from './witness-status.ts';
import { Witness, type WitnessOptions } from './witness.ts';

const boot = '22222222-2222-4333-8444-555555555555';
const guest = '33333333-2222-4333-8444-555555555555';

let stateDir: string;
let service: ServiceDouble;
let log: LogDouble;
let observer: ObserverDouble;
let identity: Identity;
let file: WitnessFile;
let witness: Witness;
let running: Promise<void>;
let logged: string[];
let endTurn: () => void;

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'vestige-witness-'));
  service = await ServiceDouble.listen();
  log = new LogDouble().grow(10);
  service.log = log;
  observer = new ObserverDouble(boot);
  identity = { ...(await createIdentity(stateDir, service.url)), guest };
  service.keys.set(guest, publicKeyOf(identity));
  logged = [];
  endTurn = () => {};
  await start();
});

afterEach(async () => {
  await stop();
  await service.close();
  rmSync(stateDir, { recursive: true });
});

const path = (): string => join(stateDir, 'witness.json');

async function start(more: Partial<WitnessOptions> & { pin?: string } = {}): Promise<void> {
  file = await WitnessFile.open(path(), more.pin ?? null);
  const ledger = await BootLedger.open(join(stateDir, 'ledger.json'), observer, boot);
  const records = new Records(observer);
  witness = new Witness({
    link: new ServiceLink(service.url, () => signingKeyOf(identity), new ServiceClock()),
    file,
    record: conflictRecorder({
      ledger,
      records,
      exclusively: (task) => task(),
      isStopping: () => false,
    }),
    backOff: new BackOff(() => 0),
    wake: new Wake(),
    onChange: () => endTurn(),
    log: (line) => logged.push(line),
    pauseMilliseconds: 1,
    ...more,
  });
  running = witness.run();
}

async function stop(): Promise<void> {
  witness.stop();
  await running;
}

async function restart(more: Partial<WitnessOptions> & { pin?: string } = {}): Promise<void> {
  await stop();
  await start(more);
}

/** Resolves when the witness has tried to judge the note. */
async function show(note = service.log?.checkpoint() ?? ''): Promise<WitnessStatus> {
  const turn = new Promise<void>((resolve) => {
    endTurn = resolve;
  });
  witness.offer(note);
  await turn;
  return witness.status;
}

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000 });

function recorded(): unknown[] {
  const records = observer.records.get(boot) ?? [];
  return records.filter(({ type }) => type === 'agent.checkpoint-conflict').map(({ data }) => data);
}

function proofsAsked(): number {
  return service.logRequests.filter((request) => request.includes('consistency')).length;
}

async function expectInconsistent(kept: string, seen: string): Promise<void> {
  await until(() => expect(recorded()).toStrictEqual([{ reason: 'inconsistent', kept, seen }]));
  await until(() =>
    expect(witness.status).toMatchObject({
      conflictCount: 1,
      conflicts: [{ reason: 'inconsistent', isRecorded: true }],
    }),
  );
}

describe('the keys of the log', () => {
  it('are those that the service lists first, where none is given', async () => {
    const status = await show();
    expect(status).toMatchObject({
      trust: 'first-use',
      keys: log.listed,
      kept: { origin: 'log.example', size: 10 },
    });
    expect(service.logRequests).toStrictEqual(['/v1/log/key']);
    log.grow(1);
    await show();
    await restart();
    log.grow(1);
    await show();
    expect(service.logRequests.filter((request) => request === '/v1/log/key')).toHaveLength(1);
  });

  it('are none as long as those that are listed do not sign what is shown', async () => {
    log.listed = new LogDouble().listed;
    expect(await show()).toMatchObject({ trust: null, kept: null, conflictCount: 1 });
    log.listed = log.signers.map(({ verifierKey }) => verifierKey);
    log.grow(1);
    expect(await show()).toMatchObject({ trust: 'first-use', kept: { size: 11 } });
  });

  it('are the one that is given, and the service is not asked', async () => {
    await restart({ pin: log.listed[0] ?? '' });
    expect(witness.status).toMatchObject({ trust: 'pinned', kept: null });
    expect(await show()).toMatchObject({ trust: 'pinned', keys: log.listed, kept: { size: 10 } });
    expect(service.logRequests).toStrictEqual([]);
  });

  it('show a service that signs with another key than the one that is given, before there is anything to compare', async () => {
    await restart({ pin: new LogDouble().listed[0] ?? '' });
    expect(await show()).toMatchObject({
      trust: 'pinned',
      conflictCount: 1,
      conflicts: [{ reason: 'unknown-signer', kept: null, isRecorded: false }],
    });
    expect(logged.join()).toContain('conflict: unknown-signer: shown log.example at size 10');
    expect(recorded()).toStrictEqual([]);
  });

  it('follow a rotation, in which the old key vouches for the new one', async () => {
    await show();
    const [old] = log.listed;
    const { verifierKey } = log.rotate();
    log.grow(1);
    expect((await show()).keys).toStrictEqual([old, verifierKey]);
    log.signers = log.signers.slice(0, 1);
    log.grow(1);
    await restart();
    expect(await show()).toMatchObject({ kept: { size: 12 }, conflictCount: 0 });
  });

  it('do not grow by a listed key that signed nothing, nor by a signature that nothing lists', async () => {
    await show();
    const known = [...log.listed];
    log.rotate();
    log.listed = [...new LogDouble().listed, ...known];
    log.grow(1);
    expect(await show()).toMatchObject({ kept: { size: 11 }, keys: known, conflictCount: 0 });
  });

  it('are learned later where the service could not list them when it showed them', async () => {
    await show();
    log.rotate();
    log.grow(1);
    service.onLogRequest = () => {
      const isKey = service.logRequests.at(-1) === '/v1/log/key';
      service.refuseLogWith = isKey ? { status: 503, code: 'not-ready' } : null;
    };
    expect(await show()).toMatchObject({ kept: { size: 11 } });
    expect(witness.status.unchecked?.detail).toContain('not-ready');
    service.onLogRequest = () => {
      service.refuseLogWith = null;
    };
    await until(() => expect(witness.status.keys).toHaveLength(2));
    await until(() => expect(witness.status.unchecked).toBeNull());
  });
});

describe('a service that keeps its word', () => {
  beforeEach(() => show());

  it('is followed as its log grows, by a proof for each step', async () => {
    for (const count of [1, 5, 300]) {
      log.grow(count);
      expect(await show()).toMatchObject({ kept: { size: log.size }, conflictCount: 0 });
    }
    expect(proofsAsked()).toBe(3);
  });

  it('is followed over a restart', async () => {
    await restart();
    log.grow(7);
    expect(await show()).toMatchObject({ kept: { size: 17 } });
    expect(service.logRequests.at(-1)).toBe('/v1/log/consistency?from=10&to=17');
  });

  it('may show an older checkpoint, as a replica that lags', async () => {
    log.grow(10);
    await show();
    expect(await show(log.checkpoint(12))).toMatchObject({ kept: { size: 20 }, conflictCount: 0 });
    expect(service.logRequests.at(-1)).toBe('/v1/log/consistency?from=12&to=20');
  });

  it('may sign the same tree anew', async () => {
    log.rotate();
    expect(await show()).toMatchObject({ conflictCount: 0 });
    expect(witness.status.keys).toHaveLength(2);
  });

  it('may show the checkpoint of an empty log', async () => {
    expect(await show(log.checkpoint(0))).toMatchObject({ kept: { size: 10 }, conflictCount: 0 });
  });

  it('is not asked again about what it showed already', async () => {
    const asked = service.logRequests.length;
    witness.offer(log.checkpoint());
    witness.offer(null);
    log.grow(1);
    await show();
    expect(service.logRequests.length).toBe(asked + 1);
  });

  it('may be away, or not ready, or short of requests, for a while', async () => {
    log.grow(5);
    await service.close();
    expect((await show()).unchecked?.detail).toContain('Cannot reach');
    service.refuseLogWith = { status: 503, code: 'log-damaged' };
    await service.open();
    await until(() => expect(witness.status.unchecked?.detail).toContain('log-damaged'));
    service.refuseLogWith = { status: 507, code: 'storage-full' };
    await until(() => expect(witness.status.unchecked?.detail).toContain('storage-full'));
    service.refuseLogWith = { status: 429, code: 'too-many-requests' };
    await until(() => expect(witness.status.unchecked?.detail).toContain('too-many'));
    service.refuseLogWith = { status: 401, code: 'unknown-guest' };
    await until(() => expect(witness.status.unchecked?.detail).toContain('does not know'));
    service.refuseLogWith = null;
    await until(() => expect(witness.status.kept?.size).toBe(15));
    expect(witness.status).toMatchObject({ conflictCount: 0, unchecked: null });
    expect(logged.filter((line) => line.includes('put off'))).toHaveLength(1);
  });

  it('may be refused a proof once by a replica that lags', async () => {
    log.grow(5);
    service.refuseLogWith = { status: 404, code: 'not-found' };
    service.onLogRequest = () => {
      if (proofsAsked() > 1) service.refuseLogWith = null;
    };
    await show();
    await until(() => expect(witness.status.kept?.size).toBe(15));
    expect(witness.status.conflictCount).toBe(0);
  });
});

describe('a service that contradicts itself', () => {
  beforeEach(() => show());

  it.each([
    ['a larger log', 20],
    ['a log of the same size', 10],
    ['a smaller log', 8],
  ])(
    'is reported where it shows %s with another history, both notes as they were signed',
    async (_, size) => {
      const kept = log.checkpoint();
      const fork = log.fork(5).grow(size - 5);
      service.log = fork;
      await show();
      await expectInconsistent(kept, fork.checkpoint());
      expect(witness.status.kept?.size).toBe(size);
    },
  );

  it('is reported where it was set back to an earlier state', async () => {
    const kept = log.checkpoint();
    service.log = log.fork(6);
    await show();
    await expectInconsistent(kept, service.log.checkpoint());
  });

  it.each(['', 'it is fine', 'AAAA\n', `${'A'.repeat(43)}=\n`])(
    'is reported where it answers "%s" for a proof',
    async (nonsense) => {
      const kept = log.checkpoint();
      log.grow(5);
      service.nonsense = nonsense;
      await show();
      await expectInconsistent(kept, log.checkpoint());
    },
  );

  it('is reported where it goes on refusing the proof', async () => {
    const kept = log.checkpoint();
    log.grow(5);
    service.refuseLogWith = { status: 400, code: 'invalid-request' };
    await show();
    await expectInconsistent(kept, log.checkpoint());
  });

  it('is reported once for each contradiction, also over a restart', async () => {
    const fork = log.fork(5).grow(5);
    service.log = fork;
    await show();
    service.log = log;
    await show();
    await restart();
    service.log = fork;
    await show();
    service.log = log;
    await show();
    expect(recorded()).toHaveLength(2);
    expect(witness.status.conflictCount).toBe(2);
    service.log = fork.grow(1);
    await show();
    expect(recorded()).toHaveLength(3);
  });

  it('is watched on as it is from then on', async () => {
    const fork = log.fork(5).grow(20);
    service.log = fork;
    await show();
    fork.grow(5);
    expect(await show()).toMatchObject({ kept: { size: 30 }, conflictCount: 1 });
  });

  it('is reported where an unknown key signs, and followed where it stands by that key', async () => {
    const kept = log.checkpoint();
    const stranger = new LogDouble().grow(12);
    const seen = stranger.checkpoint();
    expect(await show(seen)).toMatchObject({ conflictCount: 1, kept: { size: 10 } });
    expect(recorded()).toStrictEqual([{ reason: 'unknown-signer', kept, seen }]);
    service.log = stranger.grow(1);
    expect(await show()).toMatchObject({ conflictCount: 2, kept: { size: 13 } });
    service.log = stranger.grow(1);
    expect(await show()).toMatchObject({ conflictCount: 2, kept: { size: 14 } });
    service.log = log;
    await show();
    await until(() =>
      expect(witness.status).toMatchObject({ conflictCount: 3, kept: { size: 10 } }),
    );
  });

  it('is reported where it shows another log, and followed there too', async () => {
    const kept = log.checkpoint();
    service.log = new LogDouble('other.example').grow(3);
    const seen = service.log.checkpoint();
    expect(await show()).toMatchObject({
      conflictCount: 1,
      kept: { origin: 'other.example', size: 3 },
    });
    expect(recorded()).toStrictEqual([{ reason: 'other-log', kept, seen }]);
    service.log.grow(4);
    expect(await show()).toMatchObject({ conflictCount: 1, kept: { size: 7 } });
    service.log = log;
    expect(await show()).toMatchObject({ conflictCount: 2, kept: { origin: 'log.example' } });
  });

  it('is not asked again about the same checkpoint, also where it could not be followed', async () => {
    const stranger = new LogDouble().grow(12);
    await show(stranger.checkpoint());
    const asked = service.logRequests.length;
    witness.offer(stranger.checkpoint());
    log.grow(1);
    await show();
    expect(service.logRequests.length).toBe(asked + 1);
  });

  it('is reported at the next start where the agent stops before', async () => {
    let isStopping = true;
    const records = new Records(observer);
    const ledger = await BootLedger.open(join(stateDir, 'ledger.json'), observer, boot);
    const record = conflictRecorder({
      ledger,
      records,
      exclusively: (task) => task(),
      isStopping: () => isStopping,
    });
    await restart({ record });
    service.log = log.fork(5).grow(5);
    expect(await show()).toMatchObject({ conflictCount: 1, conflicts: [{ isRecorded: false }] });
    expect(recorded()).toStrictEqual([]);
    isStopping = false;
    await restart();
    await until(() => expect(recorded()).toHaveLength(1));
  });

  it('is shown, and not recorded, where what it shows is no checkpoint', async () => {
    for (const note of ['', 'hello\n', 'x'.repeat(1_000_000)]) await show(note);
    expect(witness.status).toMatchObject({ conflictCount: 3, kept: { size: 10 } });
    expect(witness.status.conflicts.map(({ seen }) => seen)).toStrictEqual([null, null, null]);
    expect(recorded()).toStrictEqual([]);
  });

  it('is reported once there is room in the journal', async () => {
    observer.isFull = true;
    service.log = log.fork(5).grow(5);
    expect(await show()).toMatchObject({ conflictCount: 1, conflicts: [{ isRecorded: false }] });
    await restart();
    await until(() => expect(witness.status.unchecked?.detail).toContain('told to be full'));
    observer.isFull = false;
    await until(() => expect(witness.status.conflicts[0]?.isRecorded).toBe(true));
    expect(recorded()).toHaveLength(1);
  });

  it('is reported once where a kill comes between the record and the note of it', async () => {
    const [kept, seen] = [log.checkpoint(), log.fork(5).grow(5).checkpoint()];
    const due = addConflict(noConflicts, {
      reason: 'inconsistent',
      at: new Date().toISOString(),
      kept,
      seen,
    });
    const state = { ...file.state, kept: seen, conflicts: due };
    for (let round = 0; round < 2; round += 1) {
      await stop();
      writeFileSync(path(), JSON.stringify(state));
      await start();
      await until(() => expect(witness.status.conflicts[0]?.isRecorded).toBe(true));
    }
    expect(recorded()).toStrictEqual([{ reason: 'inconsistent', kept, seen }]);
  });
});

describe('the witness', () => {
  it('checks one checkpoint at a time, and of those that come meanwhile the newest alone', async () => {
    await show();
    let [asking, most] = [0, 0];
    const link = new ServiceLink(service.url, () => signingKeyOf(identity), new ServiceClock());
    const call: ServiceLink['call'] = async (endpoint, input, options) => {
      most = Math.max(most, (asking += 1));
      for (let size = 12; size <= 40; size += 1) witness.offer(log.checkpoint(size));
      return link.call(endpoint, input, options).finally(() => (asking -= 1));
    };
    await restart({ link: { call } });
    log.grow(30);
    await show(log.checkpoint(11));
    await until(() => expect(witness.status.kept?.size).toBe(40));
    expect([most, proofsAsked()]).toStrictEqual([1, 2]);
  });

  it('asks no more often than it is told, and stops at once', async () => {
    await show();
    await restart({ pauseMilliseconds: 3_600_000 });
    log.grow(1);
    await show();
    for (let size = 12; size <= 40; size += 1) witness.offer(log.grow(1).checkpoint());
    await stop();
    expect(proofsAsked()).toBe(1);
    expect(witness.status.kept?.size).toBe(11);
  });

  it('stops at once where the service does not answer', async () => {
    await show();
    const asked = new Promise<void>((resolve) => {
      const call = (_: object, __: object, options?: { signal?: AbortSignal }): Promise<never> =>
        new Promise((___, reject) => {
          options?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
          resolve();
        });
      void restart({ link: { call } }).then(() => witness.offer(log.grow(1).checkpoint()));
    });
    await asked;
    await stop();
    expect(witness.status).toMatchObject({ kept: { size: 10 }, conflictCount: 0 });
  });

  it('goes on where its memory cannot be written for a while', async () => {
    await show();
    log.grow(1);
    const failing = vi
      .spyOn(WitnessFile.prototype, 'save')
      .mockRejectedValueOnce(new Error('ENOSPC'));
    await show();
    await until(() => expect(witness.status.kept?.size).toBe(11));
    failing.mockRestore();
  });
});
