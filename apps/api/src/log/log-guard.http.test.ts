import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { endpoints, ProblemError } from '@vestige/contract';
import { noteVerifier, openCheckpoint, verifierKeyOf } from '@vestige/tlog';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { restore } from '../commands/restore.ts';
import { replaceLostLogKey, rotateLogKey } from '../commands/rotate-log-key.ts';
import { readConfig } from '../config.ts';
import { flipBit, settle, tamper } from '../testing/damaged-log.ts';
import { JoinedAgent } from '../testing/joined-agent.ts';
import { opening, readOf, type TestAgent } from '../testing/test-agent.ts';
import { startApi, type TestApi } from '../testing/test-api.ts';
import { SigningKeys } from './signing-keys.ts';

const guid = '736870e5-84f0-4973-92ec-06879ce3da0b';

let dataDir: string;
let api: TestApi | undefined;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'vestige-guard-'));
});
afterEach(async () => {
  await api?.service.close();
  api = undefined;
  rmSync(dataDir, { recursive: true, force: true });
});

const database = () => join(dataDir, 'vestige.db');
const keptFile = () => join(dataDir, 'log-checkpoint');
const kept = () => readFileSync(keptFile(), 'utf8');
const sizeOf = (note: string) => Number(note.split('\n')[1]);

async function start(): Promise<TestApi> {
  api = await startApi({}, dataDir);
  return api;
}

async function stop(): Promise<void> {
  await api?.service.close();
  api = undefined;
}

const sizeIn = async (running: TestApi) => (await running.api(endpoints.listFollowers, {})).size;

/** A guest with so many reads, all of it in the newest checkpoint. */
async function lived(running: TestApi, reads = 40): Promise<TestAgent> {
  const agent = await running.agent();
  await agent.observe(0, opening());
  await agent.observe(
    3,
    Array.from({ length: reads }, (_, index) => readOf(guid, index)),
  );
  await covered(running);
  return agent;
}

async function covered(running: TestApi): Promise<void> {
  const size = await sizeIn(running);
  await expect.poll(() => sizeOf(kept()), { timeout: 10_000 }).toBe(size);
}

async function readiness(running: TestApi): Promise<string> {
  try {
    return (await running.api(endpoints.readyz, {})).status;
  } catch (error) {
    return (error as ProblemError).problem.detail;
  }
}

/** Changes one entry as little as can be. */
const changed = (position: number) =>
  `UPDATE event SET entry = CAST(replace(entry, '"seq":', '"Seq":') AS BLOB) WHERE position = ${position}`;

/** A service on a damaged log: not ready, closed to appends, open to readers, and plain about why. */
async function expectRefusal(running: TestApi, reason: RegExp): Promise<void> {
  await expect.poll(() => readiness(running), { timeout: 10_000 }).toMatch(reason);
  const size = await sizeIn(running);
  const refused = await running.token().catch((error: unknown) => error);
  expect(refused).toMatchObject({ problem: { code: 'log-damaged', status: 503 } });
  expect((refused as ProblemError).problem.detail).toMatch(reason);
  expect(await sizeIn(running)).toBe(size);
  expect((await running.api(endpoints.listEvents, { query: { limit: 1 } })).items).toHaveLength(1);
}

const config = () => readConfig({ VESTIGE_DATA_DIR: dataDir });

async function runRestore(isAcknowledged: boolean): Promise<{ code: number; said: string }> {
  const lines: string[] = [];
  const code = await restore(config(), isAcknowledged, (line) => lines.push(line));
  return { code, said: lines.join('\n') };
}

/** What an operator does who puts last week's copy back: the database is older than what was signed. */
async function withOldCopy(): Promise<void> {
  await lived(await start());
  await stop();
  settle(database());
  cpSync(database(), join(dataDir, 'copy.db'));
  await lived(await start());
  await stop();
  putBack();
}

function putBack(): void {
  cpSync(join(dataDir, 'copy.db'), database());
  for (const side of ['-wal', '-shm']) rmSync(`${database()}${side}`, { force: true });
}

describe('a log that is not the one that was signed', () => {
  it('is noticed when the database was put back from an old copy', async () => {
    await withOldCopy();
    await expectRefusal(
      await start(),
      /holds \d+ entries, but the checkpoint .* covers \d+: the last \d+ are missing/,
    );
  });

  it('is noticed when its tail was cut off', async () => {
    await lived(await start());
    await stop();
    const size = sizeOf(kept());
    tamper(
      database(),
      `DELETE FROM event WHERE position >= ${size - 2}; UPDATE log_head SET size = ${size - 2}`,
    );
    await expectRefusal(await start(), /are missing/);
  });

  it('is noticed when an entry was changed, however old it is', async () => {
    await lived(await start(), 600);
    await stop();
    tamper(database(), changed(10));
    await expectRefusal(await start(), /Entry 10 is not the one that was signed/);
  });

  it('is noticed while the service runs', async () => {
    const running = await start();
    await lived(running);
    expect(await readiness(running)).toBe('ready');
    tamper(database(), changed(9));
    await expectRefusal(running, /Entry 9 is not the one that was signed/);
  });

  it('is noticed when a tile was changed, and is well again when the tiles are made anew', async () => {
    const running = await start();
    await lived(running, 600);
    tamper(
      database(),
      'UPDATE tile SET hashes = zeroblob(length(hashes)) WHERE level = 0 AND n = 1',
    );
    await expectRefusal(
      running,
      /is not the one that was signed|do not fit together|not those that/,
    );
    await running.api(endpoints.rebuildFollower, { params: { name: 'tree' } });
    await expect.poll(() => readiness(running), { timeout: 10_000 }).toBe('ready');
    await running.token();
  });

  it('is noticed when one bit of the database file has flipped', async () => {
    await lived(await start());
    await stop();
    settle(database());
    flipBit(database(), '"seq":20,');
    await expectRefusal(await start(), /is not the one that was signed|cannot be read/);
  });

  it('is noticed when one bit of the write-ahead log has flipped, which SQLite alone takes for its end', async () => {
    const running = await start();
    await lived(running);
    // As the disk is when the power fails.
    const copy = mkdtempSync(join(tmpdir(), 'vestige-guard-copy-'));
    cpSync(dataDir, copy, { recursive: true });
    await stop();
    rmSync(dataDir, { recursive: true });
    dataDir = copy;
    flipBit(`${database()}-wal`, '"seq":20,');
    await expectRefusal(await start(), /missing|not those that|not the one that was signed/);
  });

  it('is noticed when the kept checkpoint is not one of its own', async () => {
    await lived(await start());
    await stop();
    writeFileSync(keptFile(), kept().replace(/^(.*\n)\d+\n/, '$12\n'));
    await expectRefusal(await start(), /not signed by a key of this log/);
  });

  it('is told from one whose kept checkpoint was lost, which goes on', async () => {
    await lived(await start());
    await stop();
    rmSync(keptFile());
    expect(await readiness(await start())).toBe('ready');
  });
});

describe('restore', () => {
  it('has nothing to do with a log that is whole', async () => {
    await lived(await start());
    await stop();
    expect(await runRestore(true)).toMatchObject({
      code: 1,
      said: expect.stringContaining('nothing to restore'),
    });
    expect(await readiness(await start())).toBe('ready');
  });

  it('does nothing unless the gap is acknowledged', async () => {
    await withOldCopy();
    const { code, said } = await runRestore(false);
    expect([code, said]).toEqual([1, expect.stringContaining('restore --acknowledge-gap')]);
    await expectRefusal(await start(), /missing/);
  });

  it('goes on with what there is, says so in the log, and ends the key that signed what is lost', async () => {
    await withOldCopy();
    const lost = kept();
    const [oldKey] = readKeys();
    expect((await runRestore(true)).code).toBe(0);
    const running = await start();
    expect(await readiness(running)).toBe('ready');
    await covered(running);
    const query = { type: 'service.restored', limit: 5 } as const;
    const { items } = await running.api(endpoints.listEvents, { query });
    expect(items).toMatchObject([{ data: { checkpoint: lost, size: expect.any(Number) } }]);
    const keys = (await running.api(endpoints.logKey, {})).trimEnd().split('\n');
    const origin = noteVerifier(keys[0]!).name;
    expect(keys[1]).toBe(oldKey);
    expect(openCheckpoint(kept(), origin, [noteVerifier(keys[0]!)]).size).toBeGreaterThan(0);
    expect(() => openCheckpoint(kept(), origin, [noteVerifier(oldKey!)])).toThrow('no signature');
  });

  it('lets guests go on whose join states went back with the log', async () => {
    let running = await start();
    const agent = new JoinedAgent(running.url);
    await agent.enrol(await running.token());
    await agent.observe(0, opening());
    await stop();
    settle(database());
    cpSync(database(), join(dataDir, 'copy.db'));
    running = await start();
    const later = agent.copy(running.url);
    await later.observe(3, [readOf(guid, 3)]);
    await covered(running);
    await stop();
    putBack();
    await runRestore(true);
    running = await start();
    const back = later.copy(running.url);
    expect((await back.observe(4, [readOf(guid, 4)])).json).toMatchObject({ ackedThrough: 2 });
    expect((await back.observe(3, [readOf(guid, 3), readOf(guid, 4)])).status).toBe(200);
    const params = { id: agent.guest };
    const shown = await running.api(endpoints.getGuest, { params });
    expect(shown).toMatchObject({ quarantined: false });
  });

  it('acknowledges one loss, not the next', async () => {
    await withOldCopy();
    await runRestore(true);
    await lived(await start());
    await stop();
    expect(await readiness(await start())).toBe('ready');
    await stop();
    const size = sizeOf(kept());
    tamper(
      database(),
      `DELETE FROM event WHERE position >= ${size - 1}; UPDATE log_head SET size = ${size - 1}`,
    );
    await expectRefusal(await start(), /the last \d+ are missing/);
  });

  it('makes damaged tiles anew and loses nothing where the entries are as they were signed', async () => {
    await lived(await start(), 600);
    await stop();
    tamper(
      database(),
      'UPDATE tile SET hashes = zeroblob(length(hashes)) WHERE level = 0 AND n = 0',
    );
    const { code, said } = await runRestore(false);
    expect([code, said]).toEqual([
      0,
      expect.stringContaining('every entry that was signed is there'),
    ]);
    expect(await readiness(await start())).toBe('ready');
  });
});

function readKeys(): string[] {
  const { keys } = JSON.parse(readFileSync(join(dataDir, 'log-keys.json'), 'utf8')) as {
    keys: { signer: string }[];
  };
  return keys.map(({ signer }) => verifierKeyOf(signer, 'ed25519'));
}

describe('the signing keys', () => {
  it('are made at the first start, for nobody else to read, and stay', async () => {
    await lived(await start());
    const first = readKeys();
    expect((await stat(join(dataDir, 'log-keys.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(keptFile())).mode & 0o777).toBe(0o600);
    await stop();
    await start();
    expect(readKeys()).toEqual(first);
  });

  it('are rotated with both signatures, so that whoever knows the old one learns the new one', async () => {
    await lived(await start());
    await stop();
    const [oldKey] = readKeys();
    rotateLogKey(config(), 30, () => {});
    const running = await start();
    await covered(running);
    const keys = (await running.api(endpoints.logKey, {})).trimEnd().split('\n');
    expect(keys).toEqual([readKeys()[0], oldKey]);
    for (const key of keys)
      expect(openCheckpoint(kept(), noteVerifier(key).name, [noteVerifier(key)]).size).toBe(
        sizeOf(kept()),
      );
  });

  it('that have had their time sign no more', async () => {
    await lived(await start());
    await stop();
    const [oldKey] = readKeys();
    rotateLogKey(config(), 0, () => {});
    const running = await start();
    await covered(running);
    const old = noteVerifier(oldKey!);
    expect(() => openCheckpoint(kept(), old.name, [old])).toThrow('no signature');
    expect((await running.api(endpoints.logKey, {})).trimEnd().split('\n')).toContain(oldKey);
  });

  it('that are missing are not silently replaced, only when somebody says that they are lost', async () => {
    await lived(await start());
    await stop();
    rmSync(join(dataDir, 'log-keys.json'));
    await expect(start()).rejects.toThrow(/is missing.*rotate-log-key --lost/);
    expect(await replaceLostLogKey(config(), () => {})).toBe(0);
    expect(await readiness(await start())).toBe('ready');
  });

  it('of another log are refused', async () => {
    await lived(await start());
    await stop();
    const file = join(dataDir, 'log-keys.json');
    rmSync(file);
    SigningKeys.create(file, 'elsewhere.example');
    await expect(start()).rejects.toThrow('holds other keys than those that sign this log');
  });

  it('that cannot be read are told, without a byte of them', async () => {
    await lived(await start());
    await stop();
    const file = join(dataDir, 'log-keys.json');
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, -30));
    const error = await start().catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(/does not hold the log's signing keys/);
    expect(String(error)).not.toContain('PRIVATE');
  });
});
