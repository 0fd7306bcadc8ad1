import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import type { ObservationType, SecretRef, Source } from '@vestige/contract';
import { buildTable } from '@vestige/secret-area';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ServiceDouble } from './testing/service-double.ts';

const execute = promisify(execFile);
const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const diskKey = '736869e5-84f0-4973-92ec-06879ce3da0b';
const bundle = 'e6f5a162-d67f-4750-a67c-5d065f2a9910';
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('skipped: fanotify needs root');

let base: string;
let service: ServiceDouble;
let agent: ChildProcess | undefined;
let log: string;
let asUser: number | null;

const stateDir = (): string => join(base, 'state');
const coco = (): Source => ({ kind: 'efi-secret', path: join(base, 'coco') });
const image = (): Source => ({ kind: 'table', path: join(base, 'area.bin') });
const secretIn = (source: Source, name: string): SecretRef => ({ source, name, guid: name });
const secretBytes = randomBytes(64);

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'vestige-agent-'));
  await execute('mkdir', [coco().path]);
  await writeFile(join(coco().path, diskKey), secretBytes, { mode: 0o440 });
  await writeFile(image().path, buildTable([{ guid: bundle, data: secretBytes }]));
  service = await ServiceDouble.listen();
  log = '';
  asUser = null;
});

afterEach(async () => {
  agent?.kill('SIGKILL');
  await ended();
  agent = undefined;
  await service.close();
  await rm(base, { recursive: true });
});

function start(...more: string[]): void {
  const args = ['run', '--api', service.url, '--state-dir', stateDir(), '--name', 'testling'];
  const token = ['--enrolment-token', service.token];
  const sources = [coco(), image()].flatMap(({ kind, path }) => ['--source', `${kind}:${path}`]);
  const user = asUser === null ? {} : { uid: asUser };
  agent = spawn(process.execPath, [program, ...args, ...token, ...sources, ...more], user);
  agent.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
}

function ended(): Promise<number | null> {
  const one = agent;
  if (one === undefined || one.exitCode !== null || one.signalCode !== null)
    return Promise.resolve(one?.exitCode ?? null);
  return new Promise((resolve) => one.once('exit', resolve));
}

async function until(count: number, type: ObservationType): Promise<void> {
  const counted = (): number => service.of(type).length;
  await vi.waitFor(() => expect(counted(), `${type}\n${log}`).toBe(count), { timeout: 10_000 });
}

let position = 0;

function order(secret: SecretRef, executeBefore: string | null = null): string {
  const id = randomUUID();
  const boot = [...service.records.keys()].at(-1) ?? '';
  position += 1;
  const target = { secret: randomUUID(), boot, ref: secret, executeBefore };
  service.give({ order: id, position, ...target });
  return id;
}

async function filesUnder(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe.skipIf(!isRoot)('the agent as a process over the real kernel', () => {
  it('tells boot, itself, the unknown time before it, sources and secrets, in this order', async () => {
    start();
    await until(2, 'secret.discovered');
    expect(service.all().map(({ type }) => type)).toStrictEqual([
      'guest.booted',
      'agent.started',
      'agent.gap',
      'source.found',
      'secret.discovered',
      'source.found',
      'secret.discovered',
    ]);
    expect(service.of('agent.gap')[0]?.reason).toBe('before-agent-start');
    expect(service.of('source.found').map(({ method }) => method)).toStrictEqual([
      'fanotify-permission',
      'fanotify-permission',
    ]);
  });

  it('names the process that read a secret', async () => {
    start();
    await until(2, 'secret.discovered');
    const cat = spawn('/usr/bin/cat', [join(coco().path, diskKey)]);
    await until(1, 'secret.read');
    const [read] = service.of('secret.read');
    expect(read?.secret).toStrictEqual(secretIn(coco(), diskKey));
    expect(read?.reader).toMatchObject({ pid: cat.pid, exe: '/usr/bin/cat', uid: 0 });
  });

  it('wipes a file on order, with evidence, and does not take its own unlink for somebody else’s', async () => {
    start();
    await until(2, 'secret.discovered');
    const id = order(secretIn(coco(), diskKey));
    await until(1, 'secret.wiped');
    expect(existsSync(join(coco().path, diskKey))).toBe(false);
    expect(service.of('wipe.delivered')).toStrictEqual([
      { order: id, secret: secretIn(coco(), diskKey) },
    ]);
    expect(service.of('secret.wiped')[0]).toMatchObject({
      order: id,
      evidence: {
        technique: 'overwrite-unlink',
        bytesOverwritten: 64,
        verification: { nameGone: true, readBackZero: true, holders: [], result: 'pass' },
      },
    });
    expect(service.of('secret.unlinked')).toStrictEqual([]);
    expect(service.of('secret.read')).toStrictEqual([]);
  });

  it('wipes an entry of a table on order and keeps the rest of the image', async () => {
    start();
    await until(2, 'secret.discovered');
    order(secretIn(image(), bundle));
    await until(1, 'secret.wiped');
    const bytes = await readFile(image().path);
    expect(bytes.includes(secretBytes.subarray(0, 8))).toBe(false);
    expect(bytes.readUInt32LE(36)).toBe(84);
    expect(service.of('secret.wiped')[0]?.evidence).toMatchObject({
      technique: 'table-zero',
      verification: { result: 'pass' },
    });
  });

  it('tells that somebody else removed a secret, and who', async () => {
    start();
    await until(2, 'secret.discovered');
    await unlink(join(coco().path, diskKey));
    await until(1, 'secret.unlinked');
    expect(service.of('secret.unlinked')[0]?.actor).toMatchObject({
      pid: process.pid,
      exe: process.execPath,
    });
    expect(service.of('secret.vanished')).toStrictEqual([]);
  });

  it('finds a source that appears later', async () => {
    await rm(coco().path, { recursive: true });
    start();
    await until(1, 'secret.discovered');
    await execute('mkdir', [coco().path]);
    await writeFile(join(coco().path, diskKey), secretBytes);
    await until(2, 'secret.discovered');
    expect(service.of('source.changed').at(-1)).toMatchObject({
      condition: 'populated',
      method: 'fanotify-permission',
    });
  });

  it('loses and repeats nothing over SIGKILL and restart', async () => {
    start();
    await until(2, 'secret.discovered');
    await execute('/usr/bin/cat', [join(coco().path, diskKey)]);
    agent?.kill('SIGKILL');
    await ended();
    start();
    await until(2, 'agent.started');
    await execute('/usr/bin/cat', [join(coco().path, diskKey)]);
    await until(2, 'secret.read');
    await until(2, 'agent.gap');
    expect(service.records.size).toBe(1);
    expect(service.of('guest.booted')).toHaveLength(1);
    expect(service.of('secret.discovered')).toHaveLength(2);
    expect(service.of('agent.started').map(({ resumed }) => resumed)).toStrictEqual([false, true]);
    expect(service.of('agent.gap')[1]?.reason).toBe('agent-down');
    expect(service.refusals).toStrictEqual([]);
  });

  it('tells what vanished while it was down', async () => {
    start();
    await until(2, 'secret.discovered');
    agent?.kill('SIGKILL');
    await ended();
    await rm(join(coco().path, diskKey));
    start();
    await until(1, 'secret.vanished');
    expect(service.of('secret.vanished')[0]?.secret).toStrictEqual(secretIn(coco(), diskKey));
  });

  it('delivers what it saw while the service was away', async () => {
    start();
    await until(2, 'secret.discovered');
    await service.close();
    await execute('/usr/bin/cat', [join(coco().path, diskKey)]);
    await execute('/usr/bin/cat', [image().path]);
    await service.open();
    await until(2, 'secret.read');
    expect(service.of('secret.read').map(({ extent }) => extent)).toStrictEqual(['item', 'source']);
  });

  it('says goodbye, with everything delivered, when it is told to stop', async () => {
    start();
    await until(2, 'secret.discovered');
    agent?.kill('SIGTERM');
    expect(await ended()).toBe(0);
    expect(service.all().at(-1)).toMatchObject({
      type: 'agent.stopped',
      data: { reason: 'SIGTERM' },
    });
  });

  it('delivers an earlier boot first, and starts the next at seq 0', async () => {
    const bootFile = join(base, 'boot');
    const [first, second] = [randomUUID(), randomUUID()];
    await writeFile(bootFile, first);
    start('--boot-id-file', bootFile);
    await until(2, 'secret.discovered');
    await service.close();
    await execute('/usr/bin/cat', [join(coco().path, diskKey)]);
    agent?.kill('SIGKILL');
    await ended();
    await writeFile(bootFile, second);
    start('--boot-id-file', bootFile);
    await service.open();
    await until(4, 'secret.discovered');
    expect([...service.records.keys()]).toStrictEqual([first, second]);
    expect(service.records.get(first)?.at(-1)?.type).toBe('secret.read');
    expect(service.records.get(second)?.[0]?.type).toBe('guest.booted');
  });

  it('carries out an order that it had before it was killed, once', async () => {
    start();
    await until(2, 'secret.discovered');
    await service.close();
    agent?.kill('SIGKILL');
    await ended();
    order(secretIn(coco(), diskKey));
    order(secretIn(coco(), diskKey));
    await service.open();
    start();
    await until(1, 'secret.wiped');
    await until(1, 'secret.wipe-failed');
    expect(service.of('secret.wipe-failed')[0]?.reason).toBe('already-gone');
    agent?.kill('SIGKILL');
    await ended();
    start();
    await until(3, 'agent.started');
    expect(service.of('secret.wiped')).toHaveLength(1);
    expect(service.of('secret.vanished')).toStrictEqual([]);
  });

  it('stops sending, keeps the journal and ends with a negative code where the service has other records', async () => {
    start();
    await until(2, 'secret.discovered');
    const [[boot, records] = ['', []]] = service.records;
    service.records.set(boot, [...records, ...records.slice(0, 1)]);
    await execute('/usr/bin/cat', [join(coco().path, diskKey)]);
    await vi.waitFor(() => expect(log).toContain('service: conflict'), { timeout: 10_000 });
    agent?.kill('SIGTERM');
    expect(await ended()).toBe(1);
    const kept = await Promise.all((await filesUnder(stateDir())).map((path) => readFile(path)));
    expect(Buffer.concat(kept).includes('secret.read')).toBe(true);
  });

  it('says that its enrolment token can be read by every user, and refuses a state directory of others', async () => {
    const file = join(base, 'token');
    await writeFile(file, 'no-such-token', { mode: 0o644 });
    await execute('mkdir', ['-m', '0777', stateDir()]);
    const args = ['run', '--api', service.url, '--state-dir', stateDir()];
    const run = (): Promise<unknown> =>
      execute(process.execPath, [program, ...args, '--enrolment-token-file', file]);
    await expect(run()).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('can be written by others') as string,
    });
    await execute('chmod', ['0700', stateDir()]);
    await expect(run()).rejects.toMatchObject({
      code: 4,
      stderr: expect.stringContaining('can be read by every user') as string,
    });
  });

  it('ends as not allowed where the service refuses its token', async () => {
    start('--enrolment-token', 'wrong');
    expect(await ended()).toBe(4);
  });

  it('shows its status, and by the exit code whether all is well', async () => {
    start();
    await until(2, 'secret.discovered');
    const status = [program, 'status', '--state-dir', stateDir(), '--json'];
    await vi.waitFor(
      async () => {
        const { stdout } = await execute(process.execPath, status);
        const shown = JSON.parse(stdout) as object;
        expect(shown).toMatchObject({ running: true, pending: 0, presentSecrets: 2 });
      },
      { timeout: 10_000, interval: 300 },
    );
    agent?.kill('SIGKILL');
    await ended();
    await expect(execute(process.execPath, status)).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining('"running": false') as string,
    });
  });

  it('lists secrets without an agent, and tells a corrupt table by the exit code', async () => {
    const scan = [program, 'scan', '--json', '--source', `table:${image().path}`];
    const { stdout } = await execute(process.execPath, scan);
    expect(JSON.parse(stdout)).toMatchObject({
      sources: [{ condition: 'populated', secrets: [{ guid: bundle, dataLength: 64 }] }],
    });
    await writeFile(image().path, 'x');
    await expect(execute(process.execPath, scan)).rejects.toMatchObject({ code: 1 });
  });

  it('works without root, and says what it then cannot see', async () => {
    await execute('chmod', ['-R', 'a+rX', base]);
    await execute('chown', ['65534', base]);
    asUser = 65534;
    start();
    await until(2, 'secret.discovered');
    expect(service.of('source.found').map(({ method }) => method)).toStrictEqual([
      'inotify',
      'inotify',
    ]);
    await execute('/usr/bin/cat', [join(coco().path, diskKey)]);
    await until(1, 'secret.read');
    expect(service.of('secret.read')[0]).toMatchObject({ reader: null, method: 'inotify' });
  });

  it('keeps and sends no byte of a secret', async () => {
    start();
    await until(2, 'secret.discovered');
    await execute('/usr/bin/cat', [join(coco().path, diskKey), image().path]);
    order(secretIn(coco(), diskKey));
    order(secretIn(image(), bundle));
    await until(2, 'secret.wiped');
    agent?.kill('SIGTERM');
    await ended();
    const kept = await Promise.all((await filesUnder(stateDir())).map((path) => readFile(path)));
    const everything = Buffer.concat([...kept, Buffer.from(service.bodies.join(''), 'latin1')]);
    const piece = secretBytes.subarray(0, 12);
    for (const form of [piece, piece.toString('hex'), piece.toString('base64')])
      expect(everything.includes(form)).toBe(false);
    expect(everything.length).toBeGreaterThan(1000);
    expect(log).not.toContain(piece.toString('hex'));
  });
});
