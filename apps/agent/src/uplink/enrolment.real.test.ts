import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import type { ObservationType } from '@vestige/contract';
import { buildTable } from '@vestige/secret-area';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { LogDouble } from '../testing/log-double.ts';
import { ServiceDouble } from '../testing/service-double.ts';
import { enrolmentGuid } from './enrolment-entry.ts';

const execute = promisify(execFile);
const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const diskKey = '736869e5-84f0-4973-92ec-06879ce3da0b';

let base: string;
let service: ServiceDouble;
let agent: ChildProcess | undefined;
let log: string;

const stateDir = (): string => join(base, 'state');
const coco = (): string => join(base, 'coco');
const entry = (): string => join(coco(), enrolmentGuid);
const source = (): string[] => ['--source', `efi-secret:${coco()}`];

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'vestige-enrol-'));
  service = await ServiceDouble.listen();
  log = '';
});

afterEach(async () => {
  await kill('SIGKILL');
  await service.close();
  await rm(base, { recursive: true });
});

async function inject(more: object = {}): Promise<void> {
  await mkdir(coco(), { recursive: true });
  await writeFile(join(coco(), diskKey), 'secret');
  const grant = { api: service.url, token: service.token, ...more };
  // The kernel shows an entry whole or not at all.
  const aside = join(base, 'aside');
  await writeFile(aside, JSON.stringify(grant), { mode: 0o440 });
  await rename(aside, entry());
}

function start(...more: string[]): void {
  const args = [program, 'run', '--state-dir', stateDir(), '--name', 'testling', ...more];
  agent = spawn(process.execPath, args);
  agent.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
}

async function kill(signal: NodeJS.Signals): Promise<number | null> {
  const one = agent;
  agent = undefined;
  if (one === undefined || one.exitCode !== null) return one?.exitCode ?? null;
  const ended = new Promise<number | null>((resolve) => one.once('exit', resolve));
  one.kill(signal);
  return ended;
}

async function until(count: number, type: ObservationType): Promise<void> {
  const counted = (): number => service.of(type).length;
  await vi.waitFor(() => expect(counted(), `${type}\n${log}`).toBe(count), { timeout: 10_000 });
}

async function logged(text: string): Promise<void> {
  await vi.waitFor(() => expect(log).toContain(text), { timeout: 10_000 });
}

async function stateBytes(): Promise<string> {
  const entries = await readdir(stateDir(), { recursive: true, withFileTypes: true });
  const files = entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  return (await Promise.all(files.map((path) => readFile(path, 'latin1')))).join('');
}

async function enrol(...more: string[]): Promise<{ code: number; stderr: string }> {
  const args = [program, 'enrol', '--state-dir', stateDir(), ...more];
  const done = await execute(process.execPath, args).catch(
    (error: { code: number; stderr: string }) => error,
  );
  return { code: 'code' in done ? done.code : 0, stderr: done.stderr };
}

describe('enrolment by the secret area, of the agent that runs', () => {
  it('needs nothing but the entry, which is read once and then wiped with evidence', async () => {
    await inject();
    // As the unit of the package names one, whether or not somebody put a token there.
    start(...source(), '--enrolment-token-file', join(base, 'no-such-file'));
    await until(1, 'secret.wiped');
    expect(existsSync(entry()), log).toBe(false);
    expect(service.of('secret.read')).toMatchObject([
      { secret: { guid: enrolmentGuid }, method: 'none', reader: { pid: agent?.pid } },
    ]);
    expect(service.of('secret.wiped')[0]).toMatchObject({
      secret: { guid: enrolmentGuid },
      order: null,
      evidence: { verification: { nameGone: true, result: 'pass' } },
    });
    expect(service.of('secret.unlinked')).toStrictEqual([]);
    expect(await stateBytes()).not.toContain(service.token);
    expect(log).not.toContain(service.token);
    await kill('SIGTERM');
    start(...source());
    await until(2, 'agent.started');
    expect(service.keys.size).toBe(1);
  });

  it('reads an entry of a table, too', async () => {
    const image = join(base, 'area.bin');
    const data = Buffer.from(JSON.stringify({ api: service.url, token: service.token }));
    await writeFile(image, buildTable([{ guid: enrolmentGuid, data }]));
    start('--source', `table:${image}`);
    await until(1, 'secret.wiped');
    expect(service.of('secret.read')).toMatchObject([{ method: 'none', extent: 'item' }]);
    expect((await readFile(image)).includes(service.token)).toBe(false);
  });

  it('waits for a source that is not there yet, and observes meanwhile', async () => {
    start(...source());
    await logged('waiting for the enrolment entry');
    await inject();
    await until(1, 'secret.wiped');
    expect(service.of('secret.discovered')).toHaveLength(2);
  });

  it('keeps the entry while the service is away, and wipes it when the guest is enrolled', async () => {
    await inject();
    await service.close();
    start(...source());
    await logged('service: unreachable');
    expect(existsSync(entry())).toBe(true);
    await kill('SIGKILL');
    await service.open();
    start(...source());
    await until(1, 'secret.wiped');
    expect(existsSync(entry())).toBe(false);
    expect(service.keys.size).toBe(1);
  });

  it('keeps the entry where the service refuses its token', async () => {
    await inject({ token: 'wrong' });
    start(...source());
    const one = agent;
    expect(await new Promise((resolve) => one?.once('exit', resolve))).toBe(4);
    expect(existsSync(entry())).toBe(true);
  });

  it('goes on observing with an entry that it cannot use, and reads that once', async () => {
    await inject({ surprise: true });
    start(...source());
    await logged('cannot be used');
    await kill('SIGTERM');
    expect(existsSync(entry())).toBe(true);
    expect((await stateBytes()).match(/"secret.read"/g)).toHaveLength(1);
  });

  it('wipes unread what comes when the guest is enrolled', async () => {
    await inject();
    start(...source());
    await until(1, 'secret.wiped');
    await inject({ token: 'of no use any more' });
    await until(2, 'secret.wiped');
    expect(service.of('secret.read')).toHaveLength(1);
  });

  it('asks for a token where no entry is there and none can come', async () => {
    await mkdir(coco());
    const args = [program, 'run', '--state-dir', stateDir(), ...source()];
    await expect(execute(process.execPath, args)).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('not enrolled') as string,
    });
  });
});

describe('enrol', () => {
  it('enrols by the secret area and ends, with the key of the log pinned and the entry wiped', async () => {
    const double = new LogDouble();
    const [logKey] = double.listed;
    await inject({ logKey });
    expect(await enrol('--from-secret-area', ...source())).toMatchObject({ code: 0 });
    expect(existsSync(entry())).toBe(false);
    const witness = JSON.parse(await readFile(join(stateDir(), 'witness.json'), 'utf8')) as object;
    expect(witness).toMatchObject({ pin: logKey });
    start(...source());
    await until(1, 'secret.wiped');
    expect(service.of('secret.read')).toHaveLength(1);
  });

  it('enrols by a token, and says that it was enrolled the second time', async () => {
    const token = ['--api', service.url, '--enrolment-token', service.token];
    expect((await enrol(...token)).code).toBe(0);
    expect((await enrol(...token)).stderr).toContain('enrolled before');
    expect(service.keys.size).toBe(1);
  });

  it('tells by its exit code that the service is away, or refuses', async () => {
    const api = ['--api', service.url];
    expect((await enrol(...api, '--enrolment-token', 'wrong')).code).toBe(4);
    await service.close();
    expect((await enrol(...api, '--enrolment-token', service.token)).code).toBe(3);
  });

  it('keeps out of the way of an agent that runs', async () => {
    start(...source());
    await logged('waiting for the enrolment entry');
    const done = await enrol('--api', service.url, '--enrolment-token', service.token);
    expect(done).toMatchObject({ code: 1 });
    expect(done.stderr).toContain('it enrols by itself');
  });
});
