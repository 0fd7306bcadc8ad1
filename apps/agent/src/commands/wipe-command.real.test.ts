import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import type { ObservationType } from '@vestige/contract';
import { buildTable } from '@vestige/secret-area';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ServiceDouble } from '../testing/service-double.ts';
import type { WipeAnswer } from './wipe-request.ts';

const execute = promisify(execFile);
const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const diskKey = '736869e5-84f0-4973-92ec-06879ce3da0b';
const bundle = 'e6f5a162-d67f-4750-a67c-5d065f2a9910';

let base: string;
let service: ServiceDouble;
let agent: ChildProcess | undefined;
let log: string;

const stateDir = (): string => join(base, 'state');
const coco = (): string => join(base, 'coco');
const image = (): string => join(base, 'area.bin');

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'vestige-wipe-'));
  await mkdir(coco());
  await writeFile(join(coco(), diskKey), 'secret', { mode: 0o440 });
  await writeFile(image(), buildTable([{ guid: bundle, data: Buffer.from('secret') }]));
  service = await ServiceDouble.listen();
  log = '';
});

afterEach(async () => {
  await kill('SIGKILL');
  await service.close();
  await rm(base, { recursive: true });
});

function start(): void {
  const args = ['run', '--api', service.url, '--state-dir', stateDir()];
  const sources = ['--source', `efi-secret:${coco()}`, '--source', `table:${image()}`];
  const token = ['--enrolment-token', service.token];
  agent = spawn(process.execPath, [program, ...args, ...sources, ...token]);
  agent.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
}

async function kill(signal: NodeJS.Signals): Promise<void> {
  const one = agent;
  agent = undefined;
  if (one === undefined || one.exitCode !== null) return;
  const ended = new Promise((resolve) => one.once('exit', resolve));
  one.kill(signal);
  await ended;
}

async function until(count: number, type: ObservationType): Promise<void> {
  const counted = (): number => service.of(type).length;
  await vi.waitFor(() => expect(counted(), `${type}\n${log}`).toBe(count), { timeout: 10_000 });
}

interface Shown extends WipeAnswer {
  result: string;
}

async function wipe(name: string, ...more: string[]): Promise<{ code: number; answer: Shown }> {
  const args = [program, 'wipe', name, '--yes', '--json', ...more];
  const done = await execute(process.execPath, args).catch(
    (error: { code: number; stdout: string }) => error,
  );
  const code = 'code' in done ? done.code : 0;
  return { code, answer: JSON.parse(done.stdout) as Shown };
}

const withState = (): string[] => ['--state-dir', stateDir()];
const thisImage = (): string => `table:${image()}`;

describe('wipe beside a running agent', () => {
  it('is done and recorded by the agent, which is not taken for somebody else', async () => {
    start();
    await until(2, 'secret.discovered');
    const { code, answer } = await wipe(diskKey, ...withState());
    expect(code, log).toBe(0);
    expect(answer).toMatchObject({ by: 'agent', outcomes: [{ outcome: 'wiped', recorded: true }] });
    expect(existsSync(join(coco(), diskKey))).toBe(false);
    await until(1, 'secret.wiped');
    expect(service.of('secret.wiped')[0]).toMatchObject({
      order: null,
      evidence: { technique: 'overwrite-unlink', verification: { result: 'pass' } },
    });
    expect(service.of('secret.unlinked')).toStrictEqual([]);
    const again = await wipe(diskKey, ...withState());
    expect(again).toMatchObject({ code: 0, answer: { outcomes: [], result: 'already-gone' } });
  });

  it('has one outcome where many ask at once', async () => {
    start();
    await until(2, 'secret.discovered');
    const all = await Promise.all([1, 2, 3, 4].map(() => wipe(bundle, ...withState())));
    expect(all.map(({ code }) => code)).toStrictEqual([0, 0, 0, 0]);
    expect(all.filter(({ answer }) => answer.outcomes.length === 1)).toHaveLength(1);
    await until(1, 'secret.wiped');
  });

  it('asks nothing of nonsense, and a connection that says nothing holds no end up', async () => {
    start();
    await until(2, 'secret.discovered');
    const path = join(stateDir(), 'control.sock');
    await vi.waitFor(() => expect(existsSync(path)).toBe(true));
    const nonsense = connect(path);
    nonsense.end('{"ask":"everything"}\n');
    await new Promise((resolve) => nonsense.once('close', resolve));
    const silent = connect(path);
    await new Promise((resolve) => silent.once('connect', resolve));
    await kill('SIGTERM');
    silent.destroy();
    expect(existsSync(join(coco(), diskKey))).toBe(true);
    expect(existsSync(path)).toBe(false);
  });
});

describe('wipe without a running agent', () => {
  it('is recorded in the agent’s journal, which delivers it later, with the time between told', async () => {
    start();
    await until(2, 'secret.discovered');
    await kill('SIGKILL');
    const { code, answer } = await wipe(bundle, ...withState());
    expect([code, answer.by]).toStrictEqual([0, 'journal']);
    start();
    await until(1, 'secret.wiped');
    await until(3, 'agent.started');
    expect(service.of('agent.gap').map(({ reason }) => reason)).toStrictEqual([
      'before-agent-start',
      'agent-down',
      'agent-down',
    ]);
    expect(service.of('secret.vanished')).toStrictEqual([]);
    expect(service.refusals).toStrictEqual([]);
  });

  it('is not recorded without a state directory, and says so', async () => {
    const { code, answer } = await wipe(bundle, '--source', thisImage());
    expect([code, answer.by]).toStrictEqual([0, 'nobody']);
    expect(answer.outcomes).toMatchObject([
      { recorded: false, evidence: { technique: 'table-zero' } },
    ]);
    const again = await wipe(bundle, '--source', thisImage());
    expect(again).toMatchObject({ code: 0, answer: { outcomes: [], isComplete: true } });
  });

  it('does not call gone what it cannot see', async () => {
    const missing = `efi-secret:${join(base, 'none')}`;
    const { code, answer } = await wipe(diskKey, '--source', missing);
    expect([code, answer.result]).toStrictEqual([1, 'unknown']);
  });

  it('wipes nothing where nobody can be asked, or no agent ever ran', async () => {
    const run = (...args: string[]): Promise<unknown> =>
      execute(process.execPath, [program, 'wipe', bundle, '--source', thisImage(), ...args]);
    await expect(run()).rejects.toMatchObject({ code: 2 });
    await expect(run('--yes', ...withState())).rejects.toMatchObject({ code: 2 });
    expect((await wipe(bundle, '--source', thisImage())).answer.found).toHaveLength(1);
  });
});
