import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { buildTable } from '@vestige/secret-area';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { LogDouble } from '../testing/log-double.ts';
import { ServiceDouble } from '../testing/service-double.ts';
import type { WitnessState } from './witness-file.ts';

const execute = promisify(execFile);
const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const killRounds = 12;

let base: string;
let service: ServiceDouble;
let log: LogDouble;
let agent: ChildProcess | undefined;
let said: string;

const stateDir = (): string => join(base, 'state');

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'vestige-witness-'));
  await writeFile(join(base, 'area.bin'), buildTable([]));
  service = await ServiceDouble.listen();
  log = new LogDouble().grow(10);
  service.log = log;
  said = '';
});

afterEach(async () => {
  await kill();
  await service.close();
  await rm(base, { recursive: true });
});

function runArguments(...more: string[]): string[] {
  const args = ['run', '--api', service.url, '--state-dir', stateDir()];
  const token = ['--enrolment-token', service.token];
  return [program, ...args, ...token, '--source', `table:${join(base, 'area.bin')}`, ...more];
}

function start(...more: string[]): void {
  agent = spawn(process.execPath, runArguments(...more));
  agent.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
}

async function kill(): Promise<void> {
  agent?.kill('SIGKILL');
  await ended();
}

async function ended(): Promise<void> {
  const one = agent;
  if (one === undefined || one.exitCode !== null || one.signalCode !== null) return;
  await new Promise((resolve) => one.once('exit', resolve));
}

async function memory(): Promise<WitnessState> {
  return JSON.parse(await readFile(join(stateDir(), 'witness.json'), 'utf8')) as WitnessState;
}

/** The size of the checkpoint that the agent keeps durably. */
const untilKept = (size: number): Promise<void> =>
  vi.waitFor(async () => expect((await memory()).kept?.split('\n')[1], said).toBe(String(size)), {
    timeout: 10_000,
  });

const conflicts = () => service.of('agent.checkpoint-conflict');

describe('the witness in an agent as a process', () => {
  it(
    'keeps a checkpoint that can be read, and accuses nobody, wherever it is killed',
    { timeout: 60_000 },
    async () => {
      start();
      await untilKept(10);
      await kill();
      for (let round = 0; round < killRounds; round += 1) {
        log.grow(randomInt(1, 300));
        service.onLogRequest = () =>
          void setTimeout(() => agent?.kill('SIGKILL'), randomInt(0, 12));
        start();
        await ended();
        expect((await memory()).conflicts.count, said).toBe(0);
      }
      service.onLogRequest = () => {};
      log.grow(1);
      start();
      await untilKept(log.size);
      expect((await memory()).conflicts.count).toBe(0);
      expect(conflicts()).toStrictEqual([]);
    },
  );

  it(
    'reports a contradiction once, shows it for ever, and goes on delivering',
    { timeout: 60_000 },
    async () => {
      start();
      await untilKept(10);
      const kept = log.checkpoint();
      await kill();
      service.log = log.fork(4).grow(9);
      const seen = service.log.checkpoint();
      start();
      await vi.waitFor(() => expect(conflicts()).toHaveLength(1), { timeout: 10_000 });
      expect(conflicts()).toStrictEqual([{ reason: 'inconsistent', kept, seen }]);
      for (let round = 0; round < 2; round += 1) {
        await kill();
        start();
        const starts = (): number =>
          service.all().filter(({ type }) => type === 'agent.started').length;
        await vi.waitFor(() => expect(starts()).toBe(3 + round), { timeout: 10_000 });
      }
      const status = [program, 'status', '--state-dir', stateDir(), '--json'];
      await vi.waitFor(
        () =>
          expect(execute(process.execPath, status)).rejects.toMatchObject({
            code: 1,
            stdout: expect.stringMatching(/"reason": "inconsistent"[^]*"running": true/) as string,
          }),
        { timeout: 10_000, interval: 300 },
      );
      expect(conflicts()).toHaveLength(1);
      expect(service.refusals).toStrictEqual([]);
    },
  );

  it('trusts the key that is given, over restarts without it', async () => {
    start('--log-key', log.listed[0] ?? '');
    await untilKept(10);
    await kill();
    service.log = new LogDouble().grow(20);
    const seen = service.log.checkpoint();
    start();
    await vi.waitFor(
      () => expect(conflicts()).toMatchObject([{ reason: 'unknown-signer', seen }]),
      {
        timeout: 10_000,
      },
    );
    expect((await memory()).pin).toBe(log.listed[0]);
  });

  it('refuses a key that is none before it starts', async () => {
    await expect(
      execute(process.execPath, runArguments('--log-key', 'log.example+12345678+AQ==')),
    ).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('--log-key') as string });
    expect(service.keys.size).toBe(0);
  });

  it('does not begin anew by itself where its memory is damaged', async () => {
    start();
    await untilKept(10);
    await kill();
    await writeFile(join(stateDir(), 'witness.json'), '{}');
    await expect(execute(process.execPath, runArguments())).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('witness.json is damaged') as string,
    });
  });
});
