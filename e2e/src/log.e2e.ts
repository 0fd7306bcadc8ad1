import { execFile } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { listEvents, listFollowers, logCheckpoint, readyz } from '@vestige/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { System } from './system.ts';
import { until } from './until.ts';

const guid = '736870e5-84f0-4973-92ec-06879ce3da0b';
const cli = 'apps/cli/bin/vestige.js';
const run = promisify(execFile);

const system = new System();
let secrets: string;
beforeAll(async () => {
  await system.startApi();
  secrets = system.layDown('coco', { [guid]: Buffer.from('nothing to see') });
  await system.startAgent('guest', [`efi-secret:${secrets}`]);
});
afterAll(() => system.stop());

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line tool as a process of its own, with no more of an environment than this. */
async function vestige(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  try {
    const { stdout, stderr } = await run(process.execPath, [cli, ...args], { env });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as Ended;
    return { code, stdout, stderr };
  }
}

const online = () => ({ VESTIGE_API: system.apiUrl, VESTIGE_TOKEN: system.bootstrapToken });
const file = (name: string) => join(system.folder, name);

/** Resolves when a checkpoint covers all that is in the log now. */
async function covered(): Promise<void> {
  const { size } = await system.api(listFollowers, {});
  await expect
    .poll(async () => Number((await system.api(logCheckpoint, {})).split('\n')[1]), {
      timeout: 10_000,
    })
    .toBeGreaterThanOrEqual(size);
}

const reads = async () => {
  const { items } = await system.api(listEvents, { query: { type: 'secret.read' } });
  return items.length;
};

describe('the log of a running system', () => {
  it('is exported, and verifies where there is nothing but the bundle, the key and the command', async () => {
    await run('cat', [join(secrets, guid)]);
    await expect.poll(reads).toBeGreaterThan(0);
    await covered();
    const { stdout: key } = await vestige(['log', 'key'], online());
    writeFileSync(file('log.key'), key.split('\n')[0]!);
    const taken = ['log', 'export', '--out', file('log.tar'), '--key', file('log.key')];
    expect((await vestige(taken, online())).code).toBe(0);

    const verified = await vestige(['log', 'verify', file('log.tar'), '--key', file('log.key')]);
    expect(verified.stderr).toBe('');
    expect(verified).toMatchObject({ code: 0 });
    expect(verified.stdout).toMatch(/^verified: \d+ entries hashed, positions 0 to \d+$/m);

    const bytes = readFileSync(file('log.tar'));
    bytes[bytes.indexOf('secret.read')]! ^= 1;
    writeFileSync(file('altered.tar'), bytes);
    const altered = await vestige([
      'log',
      'verify',
      file('altered.tar'),
      '--key',
      file('log.key'),
      '--json',
    ]);
    expect([altered.code, JSON.parse(altered.stderr).error.code]).toEqual([
      1,
      expect.stringMatching(/^(root|tile)-mismatch$/),
    ]);
  });

  it('proves one event to somebody who has the key', async () => {
    const { items } = await system.api(listEvents, { query: { type: 'secret.read' } });
    const position = String(items[0]!.position);
    await covered();
    const [proof, entry] = [file('one.tlog-proof'), file('one.json')];
    const key = ['--key', file('log.key')];
    const proven = ['log', 'prove', position, '--out', proof, '--entry-out', entry, ...key];
    expect((await vestige(proven, online())).code).toBe(0);
    expect((await vestige(['log', 'verify', proof, '--entry', entry, ...key])).code).toBe(0);
    writeFileSync(entry, readFileSync(entry, 'utf8').replace('"uid":0', '"uid":1'));
    expect((await vestige(['log', 'verify', proof, '--entry', entry, ...key])).code).toBe(1);
  });

  it('put back from an old copy takes nothing in, and whoever watched it says so when it goes on', async () => {
    const since = file('log.checkpoint');
    const key = ['--key', file('log.key')];
    expect((await vestige(['log', 'verify', ...key, '--save', since], online())).code).toBe(0);
    await system.stopApi();
    const database = join(system.dataDir, 'vestige.db');
    cpSync(database, file('old.db'));
    await system.startApi();
    const earlier = Number(readFileSync(since, 'utf8').split('\n')[1]);
    await until('the agent to keep a later checkpoint', () => readUntilWitnessed(earlier), 60);
    await covered();
    expect(
      (await vestige(['log', 'verify', ...key, '--since', since, '--save', since], online())).code,
    ).toBe(0);

    await system.stopApi();
    cpSync(file('old.db'), database);
    for (const side of ['-wal', '-shm']) rmSync(`${database}${side}`, { force: true });
    await system.startApi();
    await expect(system.api(readyz, {})).rejects.toThrow(/are missing/);
    await system.stopApi();
    const env = { VESTIGE_DATA_DIR: system.dataDir };
    const { stdout } = await run(
      process.execPath,
      ['apps/api/dist/main.js', 'restore', '--acknowledge-gap'],
      { env },
    );
    expect(stdout).toContain('A new key signs from now on');
    await system.startApi();
    await system.api(readyz, {});

    const later = await vestige(['log', 'verify', ...key, '--since', since], online());
    expect(later.code).toBe(1);
    const conflicts = async () => {
      await run('cat', [join(secrets, guid)]);
      const query = { type: 'agent.checkpoint-conflict' } as const;
      return (await system.api(listEvents, { query })).items.at(0);
    };
    const conflict = await until('the agent to report the contradiction', conflicts, 60);
    expect(conflict.data).toMatchObject({ reason: 'unknown-signer' });
  });
});

/** An answer to a report carries the checkpoint of the moment, so that it takes one more report to be told of the last. */
async function readUntilWitnessed(size: number): Promise<true | undefined> {
  await run('cat', [join(secrets, guid)]);
  return witnessed() > size ? true : undefined;
}

/** The size of the checkpoint that the agent keeps. */
function witnessed(): number {
  const text = readFileSync(join(system.folder, 'guest', 'witness.json'), 'utf8');
  return Number(/\\n(\d+)\\n/.exec(text)?.[1] ?? 0);
}
