import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Observation, Source } from '@vestige/contract';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ServiceDouble } from '../testing/service-double.ts';

const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('skipped: fanotify needs root');
const names = Array.from({ length: 64 }, () => randomUUID());

let base: string;
let source: Source;
let service: ServiceDouble;
let agent: ChildProcess;
let log: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'vestige-group-'));
  source = { kind: 'efi-secret', path: join(base, 'coco') };
  await mkdir(source.path);
  for (const name of names) await writeFile(join(source.path, name), 'x'.repeat(64));
  service = await ServiceDouble.listen();
  log = '';
});

afterEach(async () => {
  await kill();
  await service.close();
  await rm(base, { recursive: true });
});

function start(): void {
  const address = ['--api', service.url, '--enrolment-token', service.token, '--name', 'testling'];
  const state = ['--state-dir', join(base, 'state'), '--source', `efi-secret:${source.path}`];
  agent = spawn(process.execPath, [program, 'run', ...address, ...state]);
  agent.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
}

async function kill(): Promise<void> {
  if (agent.exitCode !== null || agent.signalCode !== null) return;
  const ended = new Promise((resolve) => agent.once('exit', resolve));
  agent.kill('SIGKILL');
  await ended;
}

function told(...types: Observation['type'][]): Observation[] {
  return service.all().filter(({ type }) => types.includes(type));
}

async function until(count: number, ...types: Observation['type'][]): Promise<void> {
  const counted = (): number => told(...types).length;
  await vi.waitFor(() => expect(counted(), log).toBeGreaterThanOrEqual(count), {
    timeout: 15_000,
    interval: 20,
  });
}

/** One order for all secrets; gives its id. */
function orderAll(): string {
  const boot = [...service.records.keys()].at(-1) ?? '';
  const order = randomUUID();
  for (const [position, name] of names.entries()) {
    const ref = { source, name, guid: name };
    service.give({ order, position, secret: randomUUID(), boot, ref, executeBefore: null });
  }
  return order;
}

/** The secrets that these records are about, each as often as it occurs. */
function namesIn(observations: readonly Observation[]): string[] {
  return observations
    .flatMap(({ data }) => ('secret' in data ? [data.secret.name] : []))
    .toSorted();
}

describe.skipIf(!isRoot)('orders that are carried out together', () => {
  it('each have a record before and evidence after', async () => {
    start();
    await until(names.length, 'secret.discovered');
    const order = orderAll();
    await until(names.length, 'secret.wiped');
    expect(readdirSync(source.path)).toStrictEqual([]);
    for (const type of ['wipe.delivered', 'secret.wiped'] as const)
      expect(namesIn(told(type))).toStrictEqual(names.toSorted());
    for (const { data } of told('secret.wiped'))
      expect(data).toMatchObject({ order, evidence: { verification: { result: 'pass' } } });
    for (const name of names) {
      const about = service
        .all()
        .filter(({ data }) => 'secret' in data && data.secret.name === name);
      expect(about.map(({ type }) => type)).toStrictEqual([
        'secret.discovered',
        'wipe.delivered',
        'secret.wiped',
      ]);
    }
    expect(told('secret.read', 'secret.unlinked', 'secret.vanished')).toStrictEqual([]);
  });

  it.each([1, 16, 63])(
    'are each recorded before and settled once, where the agent is killed when %i of them are done',
    async (done) => {
      start();
      await until(names.length, 'secret.discovered');
      orderAll();
      await vi.waitFor(
        () => expect(readdirSync(source.path).length, log).toBeLessThanOrEqual(names.length - done),
        { timeout: 15_000, interval: 1 },
      );
      await kill();
      const left = readdirSync(source.path);
      start();
      await until(names.length, 'secret.wiped', 'secret.wipe-failed');
      await until(2, 'agent.gap');
      expect(readdirSync(source.path)).toStrictEqual([]);
      expect(namesIn(told('wipe.delivered'))).toStrictEqual(names.toSorted());
      expect(namesIn(told('secret.wiped', 'secret.wipe-failed'))).toStrictEqual(names.toSorted());
      expect(namesIn(told('secret.wiped'))).toEqual(expect.arrayContaining(left));
      for (const { data } of told('secret.wipe-failed'))
        expect(data).toMatchObject({ reason: 'already-gone' });
      expect(told('secret.unlinked')).toStrictEqual([]);
    },
  );
});
