import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { endpoints, ProblemError } from '@vestige/contract';
import { leafHash, noteVerifier, openCheckpoint, verifierKeyOf } from '@vestige/tlog';
import Database from 'better-sqlite3';
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

/** Makes the hash of that entry fit, as long as its tile is a partial one. */
function hashOf(position: number): string {
  const db = new Database(database(), { readonly: true });
  const entry = db
    .prepare('SELECT entry FROM event WHERE position = ?')
    .pluck()
    .get(position) as Buffer;
  const tile = db
    .prepare('SELECT hashes FROM tile WHERE level = 0 AND n = 0')
    .pluck()
    .get() as Buffer;
  db.close();
  const hashes = Buffer.from(tile);
  hashes.set(leafHash(Buffer.from(entry.toString().replace('"seq":', '"Seq":'))), position * 32);
  return `UPDATE tile SET hashes = x'${hashes.toString('hex')}' WHERE level = 0 AND n = 0`;
}

/** Takes a bundle of the first entries to its end. */
async function drain(running: TestApi, to: number): Promise<void> {
  for await (const _ of await running.api(endpoints.exportLog, { query: { to } }));
}

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
    await expectRefusal(await start(), /Entry 10, or .* is not the one that was signed/);
  });

  it('is noticed while the service runs', async () => {
    const running = await start();
    await lived(running);
    expect(await readiness(running)).toBe('ready');
    tamper(database(), changed(9));
    await expectRefusal(running, /Entry 9, or .* is not the one that was signed/);
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

  it('is noticed when the kept checkpoint is gone, as then nothing tells whether entries are', async () => {
    await lived(await start());
    await stop();
    rmSync(keptFile());
    await expectRefusal(await start(), /no checkpoint is kept/);
  });

  it('is never signed where entry and hash were changed together', async () => {
    const running = await start();
    const agent = await lived(running);
    const before = kept();
    tamper(database(), `${changed(10)}; ${hashOf(10)}`);
    // The next append would be signed over what was changed.
    await agent.observe(43, [readOf(guid, 43)]).catch(() => null);
    await expectRefusal(running, /do not lead to the checkpoint|not those that/);
    expect(kept()).toBe(before);
  });

  it('is no oracle: what is smaller than the newest checkpoint is signed only if that continues it', async () => {
    const running = await start();
    await lived(running);
    await drain(running, 20);
    tamper(database(), `${changed(10)}; ${hashOf(10)}`);
    await expect(drain(running, 20)).rejects.toThrow(/do not lead to the checkpoint/);
  });

  it.each([
    ['one more than there are', 'UPDATE log_head SET size = size + 1'],
    [
      'as many as before the last was taken away',
      'DELETE FROM event WHERE position = (SELECT max(position) FROM event)',
    ],
  ])('is noticed when the database counts %s', async (_, sql) => {
    await lived(await start());
    await stop();
    tamper(database(), sql);
    await expectRefusal(await start(), /is missing|do not end there|are missing/);
    await stop();
    expect((await runRestore(false)).code).toBe(1);
    expect((await runRestore(true)).code).toBe(0);
    const running = await start();
    expect(await readiness(running)).toBe('ready');
    const agent = await lived(running, 3);
    const query = { guest: agent.guest } as const;
    await expect
      .poll(async () => (await running.api(endpoints.listSecrets, { query })).items)
      .toMatchObject([{ reads: 3 }]);
  });

  it('is noticed by what a guest shows of it, where database and kept checkpoint went back together', async () => {
    await lived(await start());
    await stop();
    settle(database());
    for (const [from, to] of [
      [database(), 'copy.db'],
      [keptFile(), 'copy-checkpoint'],
    ] as const)
      cpSync(from, join(dataDir, to));
    await lived(await start());
    await stop();
    const [lost, old] = [kept(), readFileSync(join(dataDir, 'copy-checkpoint'), 'utf8')];
    cpSync(join(dataDir, 'copy.db'), database());
    cpSync(join(dataDir, 'copy-checkpoint'), keptFile());
    for (const side of ['-wal', '-shm']) rmSync(`${database()}${side}`, { force: true });
    const running = await start();
    expect(await readiness(running)).toBe('ready');
    const agent = await running.agent();
    const at = '2026-01-01T00:00:00.000Z';
    const data = { reason: 'inconsistent', kept: lost, seen: old } as const;
    await agent.observe(0, [...opening(), { type: 'agent.checkpoint-conflict', at, data }]);
    await expectRefusal(running, /checkpoint that a guest has covers/);
  });

  it('makes up for what its start could not do once it is whole again', async () => {
    await lived(await start(), 600);
    await stop();
    rotateLogKey(config(), 0, () => {});
    tamper(database(), 'DELETE FROM tile');
    const running = await start();
    await expectRefusal(running, /cannot be read|is not the one|not those that/);
    await running.api(endpoints.rebuildFollower, { params: { name: 'tree' } });
    await expect.poll(() => readiness(running), { timeout: 10_000 }).toBe('ready');
    await expect
      .poll(async () => (await running.api(endpoints.logKey, {})).split('\n')[0])
      .toBe(readKeys()[0]);
    const query = { type: 'service.started', order: 'desc', limit: 9 } as const;
    await expect
      .poll(async () => (await running.api(endpoints.listEvents, { query })).items.length)
      .toBe(2);
    await covered(running);
  });
});

describe('restore', () => {
  it('gets past a kept checkpoint that cannot be read, and puts it aside', async () => {
    await lived(await start());
    await stop();
    writeFileSync(keptFile(), '');
    await expectRefusal(await start(), /Whether entries are missing cannot be told/);
    await stop();
    expect((await runRestore(true)).code).toBe(0);
    expect(await readiness(await start())).toBe('ready');
    expect(readdirSync(dataDir).some((name) => name.startsWith('log-checkpoint.replaced-'))).toBe(
      true,
    );
  });

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
