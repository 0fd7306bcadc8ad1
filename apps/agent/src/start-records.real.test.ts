import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import type { Observation } from '@vestige/contract';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ServiceDouble } from './testing/service-double.ts';

const execute = promisify(execFile);
const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const key = '736869e5-84f0-4973-92ec-06879ce3da0b';
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('skipped: mounting and fanotify need root');

let base: string;
let service: ServiceDouble;
let agent: ChildProcess | undefined;
let log: string;

const disk = (): string => join(base, 'disk');
const secrets = (): string => join(base, 'coco');

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'vestige-small-'));
  await mkdir(disk());
  await execute('mount', ['-t', 'tmpfs', '-o', 'size=300k', 'none', disk()]);
  await mkdir(secrets());
  await writeFile(join(secrets(), key), 'secret');
  service = await ServiceDouble.listen();
});

afterEach(async () => {
  await kill();
  await service.close();
  await execute('umount', ['-l', disk()]);
  await rm(base, { recursive: true });
});

function start(...more: string[]): void {
  const args = ['run', '--api', service.url, '--state-dir', join(disk(), 'state')];
  const token = ['--enrolment-token', service.token];
  const source = ['--source', `efi-secret:${secrets()}`];
  log = '';
  agent = spawn(process.execPath, [program, ...args, ...token, ...source, ...more]);
  agent.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
}

async function kill(): Promise<void> {
  const ended = new Promise((resolve) => agent?.once('exit', resolve));
  if (agent?.kill('SIGKILL') === true) await ended;
  agent = undefined;
}

async function readSecret(times: number): Promise<void> {
  const path = join(secrets(), key);
  await execute('sh', ['-c', `for i in $(seq ${times}); do cat ${path} > /dev/null; done`]);
}

function types(): string[] {
  return service.all().map(({ type }) => type);
}

function gaps(reason: string): Observation[] {
  return service.all().filter(({ type, data }) => type === 'agent.gap' && data.reason === reason);
}

/** Whether the kernel has a mark of the agent's on anything. */
async function isWatching(): Promise<boolean> {
  const infos = `/proc/${agent?.pid}/fdinfo`;
  const texts = await Promise.all(
    (await readdir(infos)).map((fd) => readFile(join(infos, fd), 'utf8').catch(() => '')),
  );
  return texts.some((text) => text.includes('fanotify ino:'));
}

async function takesRequests(): Promise<void> {
  const socket = connect(join(disk(), 'state', 'control.sock'));
  await once(socket, 'connect').finally(() => socket.destroy());
}

async function eventually(check: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(check, { timeout: 20_000, interval: 50 });
}

describe.skipIf(!isRoot)('a start with a full journal on a small disk', () => {
  it('watches, takes requests, and tells all that it can once the service is back', async () => {
    start();
    await eventually(() => expect(types()).toContain('secret.discovered'));
    await service.close();
    await readSecret(500);
    await kill();

    start();
    await eventually(async () => expect(await isWatching()).toBe(true));
    await eventually(takesRequests);
    expect(log).toContain('the journal is full');
    expect(log).not.toContain('resumed in boot');
    await readSecret(20);

    await service.open();
    await eventually(() => expect(gaps('agent-down')).toHaveLength(1));
    expect(log).toContain('resumed in boot');
    expect(types().filter((type) => type === 'agent.started')).toHaveLength(2);
    const lost = gaps('journal-full').map(({ data }) => ('lost' in data ? data.lost : null));
    expect(Math.max(...lost.map(Number))).toBeGreaterThanOrEqual(20);

    const seen = types().filter((type) => type === 'secret.read').length;
    await readSecret(3);
    await eventually(() =>
      expect(types().filter((type) => type === 'secret.read')).toHaveLength(seen + 3),
    );
  }, 60_000);
});

describe.skipIf(!isRoot)('a start after a boot whose journal is damaged', () => {
  it('delivers what is before the damage, keeps the rest, and tells of it', async () => {
    const bootFile = join(base, 'boot');
    const [first, second] = [randomUUID(), randomUUID()];
    await writeFile(bootFile, first);
    start('--boot-id-file', bootFile);
    await eventually(() => expect(types()).toContain('secret.discovered'));
    await service.close();
    await readSecret(9);
    await kill();
    const journal = join(disk(), 'state', 'journal');
    const segment = join(journal, `000001-${first}`, '000000000000.log');
    const lines = (await readFile(segment, 'latin1')).split('\n');
    const sixth = lines.findIndex((line) => line.includes('secret.read')) + 5;
    lines[sixth] = lines[sixth]?.replace('secret.read', 'secret.reae') ?? '';
    await writeFile(segment, lines.join('\n'), 'latin1');

    await writeFile(bootFile, second);
    start('--boot-id-file', bootFile);
    await service.open();
    await eventually(() => expect(gaps('journal-full')).toHaveLength(1));
    const delivered = service.records.get(first)?.filter(({ type }) => type === 'secret.read');
    expect(delivered).toHaveLength(5);
    expect(service.records.get(second)?.[0]?.type).toBe('guest.booted');
    expect(gaps('journal-full')[0]?.data).toMatchObject({ lost: lines.length - 1 - sixth });
    const kept = join(journal, `000001-${first}.damaged`);
    expect(await readFile(join(kept, '000000000000.log'), 'latin1')).toBe(lines.join('\n'));
    const status = [program, 'status', '--state-dir', join(disk(), 'state')];
    await eventually(async () => {
      const { stdout } = await execute(process.execPath, status);
      expect(stdout).toContain(`damaged  ${kept}`);
    });
  }, 60_000);
});
