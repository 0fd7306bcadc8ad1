import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import type { GuidPolicy, ObservationType, Policy, ReaderRule } from '@vestige/contract';
import { buildTable } from '@vestige/secret-area';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ServiceDouble } from '../testing/service-double.ts';

const execute = promisify(execFile);
const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const diskKey = '736869e5-84f0-4973-92ec-06879ce3da0b';
const other = '11111111-1111-4111-8111-111111111111';
const bundle = 'e6f5a162-d67f-4750-a67c-5d065f2a9910';
const dropped = '99999999-9999-4999-8999-999999999999';
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('skipped: fanotify needs root');
const cat = realpathSync('/bin/cat');

let base: string;
let service: ServiceDouble;
let agent: ChildProcess;
let log: string;

const inDirectory = (name: string): string => join(base, 'coco', name);
const image = (): string => join(base, 'area.bin');

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'vestige-enforce-'));
  await mkdir(join(base, 'coco'));
  for (const name of [diskKey, other]) await writeFile(inDirectory(name), 'x'.repeat(64));
  const data = Buffer.from('y'.repeat(16));
  await writeFile(image(), buildTable([bundle, dropped].map((guid) => ({ guid, data }))));
  service = await ServiceDouble.listen();
  log = '';
});

afterEach(async () => {
  await kill();
  await service.close();
  await rm(base, { recursive: true });
});

function policy(guid: string, rules: Partial<Policy>, version = 1): GuidPolicy {
  const silent = { allow: null, maxReads: null, wipeAfterReads: null, wipeAfterSeconds: null };
  return { guid, version, policy: { ...silent, ...rules } };
}

function start(...more: string[]): void {
  const args = ['run', '--api', service.url, '--state-dir', join(base, 'state')];
  const token = ['--enrolment-token', service.token, '--name', 'testling'];
  const sources = ['--source', `efi-secret:${join(base, 'coco')}`, '--source', `table:${image()}`];
  agent = spawn(process.execPath, [program, ...args, ...token, ...sources, ...more]);
  agent.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
}

/** Resolves once the policies are in force. */
async function enforce(policies: GuidPolicy[], ...more: string[]): Promise<void> {
  service.givePolicies(1, policies);
  start('--mode', 'enforce', ...more);
  await until(1, 'agent.policies-taken');
  await until(4, 'secret.discovered');
}

async function kill(): Promise<void> {
  if (agent.exitCode !== null || agent.signalCode !== null) return;
  const ended = new Promise((resolve) => agent.once('exit', resolve));
  agent.kill('SIGKILL');
  await ended;
}

async function until(count: number, type: ObservationType): Promise<void> {
  const counted = (): number => service.of(type).length;
  await vi.waitFor(() => expect(counted(), `${type}\n${log}`).toBe(count), { timeout: 15_000 });
}

/** How many marks the agent's groups have, as the kernel shows them. */
function marks(): number {
  const folder = `/proc/${agent.pid}/fdinfo`;
  const shown = readdirSync(folder).map((fd) => readFileSync(join(folder, fd), 'utf8'));
  return shown.join('').match(/^fanotify ino:/gm)?.length ?? 0;
}

async function read(path: string, by = cat): Promise<'read' | 'refused'> {
  return execute(by, [path]).then(
    () => 'read',
    (error: { stderr: string }) => {
      if (error.stderr.includes('not permitted')) return 'refused';
      throw error;
    },
  );
}

describe.skipIf(!isRoot)('the agent enforces policies', () => {
  it('refuses whom the policy does not name, records it before the answer, and lets the named one read', async () => {
    await enforce([policy(diskKey, { allow: [{ exe: cat, uid: 0 }] })]);
    expect(await read(inDirectory(diskKey))).toBe('read');
    expect(await read(inDirectory(diskKey), '/usr/bin/head')).toBe('refused');
    expect(await read(inDirectory(other), '/usr/bin/head')).toBe('read');
    await until(1, 'secret.read-denied');
    await until(2, 'secret.read');
    const [denied] = service.of('secret.read-denied');
    expect(denied).toMatchObject({
      secret: { guid: diskKey },
      method: 'fanotify-permission',
      reader: { exe: realpathSync('/usr/bin/head'), uid: 0 },
    });
    expect(denied?.reason).toContain('does not name');
    expect(service.of('agent.policies-taken')).toEqual([{ version: 1, count: 1 }]);
    expect(service.of('agent.started')).toMatchObject([{ mode: 'enforce' }]);
  });

  it('does not take another file at the path of a named program for that program', async () => {
    await enforce([policy(diskKey, { allow: [{ exe: cat }] })]);
    const script = 'mount --bind /usr/bin/head "$1" && exec "$1" "$2"';
    const reading = execute('unshare', ['-m', 'sh', '-c', script, 'sh', cat, inDirectory(diskKey)]);
    await expect(reading).rejects.toThrow('not permitted');
  });

  it('refuses the bytes to whom a named process hands its descriptor', async () => {
    await enforce([policy(diskKey, { allow: [{ exe: realpathSync('/bin/bash') }] })]);
    const script = 'exec 3< "$1"; cat <&3';
    const reading = execute('/bin/bash', ['-c', script, 'bash', inDirectory(diskKey)]);
    await expect(reading).rejects.toThrow('not permitted');
    await until(1, 'secret.read-denied');
    expect(service.of('secret.read-denied')[0]?.reader).toMatchObject({ comm: 'cat' });
  });

  it('gives no descriptor, which could be mapped, to whom it refuses', async () => {
    await enforce([policy(diskKey, { allow: [] })]);
    const script = 'import mmap, os, sys; mmap.mmap(os.open(sys.argv[1], os.O_RDONLY), 0, prot=1)';
    const mapping = execute('python3', ['-c', script, inDirectory(diskKey)]);
    await expect(mapping).rejects.toThrow('not permitted');
    await until(1, 'secret.read-denied');
  });

  it('counts reads of a boot, over a kill and without the service, and refuses the next', async () => {
    await enforce([policy(diskKey, { maxReads: 2 })]);
    expect(await read(inDirectory(diskKey))).toBe('read');
    await service.close();
    const marked = marks();
    await kill();
    start('--mode', 'enforce');
    await vi.waitFor(() => expect(marks()).toBe(marked), { timeout: 15_000 });
    expect(await read(inDirectory(diskKey))).toBe('read');
    expect(await read(inDirectory(diskKey))).toBe('refused');
    expect(await read(inDirectory(other))).toBe('read');
    await service.open();
    await until(1, 'secret.read-denied');
    expect(service.of('agent.policies-taken')).toHaveLength(1);
  });

  it('wipes after so many reads, once the last reader is done, with evidence and for no order', async () => {
    await enforce([policy(diskKey, { wipeAfterReads: 2 })]);
    expect(await read(inDirectory(diskKey))).toBe('read');
    expect(existsSync(inDirectory(diskKey))).toBe(true);
    const slow = 'exec 3< "$1"; head -c 1 <&3; read go; cat <&3';
    const reader = spawn('bash', ['-c', slow, 'bash', inDirectory(diskKey)]);
    let text = '';
    reader.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await until(2, 'secret.read');
    expect(await read(inDirectory(diskKey))).toBe('refused');
    reader.stdin.end('go\n');
    await until(1, 'secret.wiped');
    expect(text).toMatch(/^x/);
    expect(existsSync(inDirectory(diskKey))).toBe(false);
    expect(service.of('secret.wiped')[0]).toMatchObject({
      secret: { guid: diskKey },
      order: null,
      policy: { version: 1, cause: 'reads' },
      evidence: { verification: { holders: [], result: 'pass' } },
    });
    await kill();
    start('--mode', 'enforce');
    await until(2, 'agent.started');
    expect(service.of('secret.wiped')).toHaveLength(1);
    expect(service.of('secret.unlinked')).toEqual([]);
  });

  it('wipes after so many seconds of the boot, also where they passed while it was not there', async () => {
    const bootFile = join(base, 'boot');
    await writeFile(bootFile, randomUUID());
    const hourAgo = Date.now() / 1000 - 3600;
    await utimes(bootFile, hourAgo, hourAgo);
    const policies = [
      policy(diskKey, { wipeAfterSeconds: 3500 }),
      policy(other, { wipeAfterSeconds: 7200 }),
      policy(bundle, { wipeAfterSeconds: 3600 }),
    ];
    await enforce(policies, '--boot-id-file', bootFile);
    await until(2, 'secret.wiped');
    const causes = service
      .of('secret.wiped')
      .map(({ secret, policy: by }) => `${secret.guid} ${by?.cause}`);
    expect(new Set(causes)).toEqual(new Set([`${diskKey} seconds`, `${bundle} seconds`]));
    expect(existsSync(inDirectory(other))).toBe(true);
  });

  it('refuses an image as a whole for one entry that is refused, and goes on listing it itself', async () => {
    await enforce([policy(bundle, { allow: [] })]);
    expect(await read(image())).toBe('refused');
    const data = Buffer.from('y'.repeat(16));
    await writeFile(`${image()}.new`, buildTable([{ guid: bundle, data }]));
    await rename(`${image()}.new`, image());
    await until(1, 'secret.unlinked');
    expect(service.of('secret.unlinked')).toMatchObject([{ secret: { guid: dropped } }]);
    expect(service.of('secret.read-denied')).toMatchObject([{ secret: { guid: bundle } }]);
    expect(service.of('source.changed')).toEqual([]);
  });

  it('takes a change at once, and forgets what it had allowed', async () => {
    await enforce([policy(diskKey, { allow: [] })]);
    expect(await read(inDirectory(diskKey))).toBe('refused');
    service.givePolicies(2, []);
    await until(2, 'agent.policies-taken');
    expect(await read(inDirectory(diskKey))).toBe('read');
    const { mode } = await stat(join(base, 'state', 'policies.json'));
    expect(mode & 0o777).toBe(0o600);
  });

  it('refuses each of many readers at once', async () => {
    await enforce([policy(diskKey, { allow: [{ unit: 'no-such.service' }] })]);
    const reading = Array.from({ length: 40 }, () => read(inDirectory(diskKey)));
    expect(new Set(await Promise.all(reading))).toEqual(new Set(['refused']));
    await until(40, 'secret.read-denied');
    const pids = service.of('secret.read-denied').map(({ reader }) => reader?.pid);
    expect(new Set(pids).size).toBe(40);
  });

  it.each<ReaderRule>([{ uid: 1 }, { unit: 'x.service' }, { exe: '/no/such' }])(
    'does not start where the policies that it kept cannot be read, nor allow all, as with %j',
    async (rule) => {
      await enforce([policy(diskKey, { allow: [rule] })]);
      expect(await read(inDirectory(diskKey))).toBe('refused');
      await kill();
      await writeFile(join(base, 'state', 'policies.json'), '{}');
      start('--mode', 'enforce');
      expect(await new Promise((resolve) => agent.once('exit', resolve))).toBe(1);
      expect(log).toContain('policies.json is damaged');
    },
  );

  it('refuses through a path that is too long to be shown', async () => {
    await enforce([policy(diskKey, { allow: [] })]);
    // In a mount namespace of its own, so that nothing is left of it.
    const deep = `mount -t tmpfs deep "$1" && mkdir -p "$1/a/coco" && mount --bind "$3" "$1/a/coco" &&
      cd "$1/a/coco" && last=a && for n in $(seq 25); do
        next="$n$2"; mkdir "$1/$next" && mv "$1/$last" "$1/$next/" && last=$next || exit 9
      done && cat "$4"`;
    const mountPoint = join(base, 'deep');
    await mkdir(mountPoint);
    const args = [mountPoint, 'd'.repeat(200), join(base, 'coco'), diskKey];
    const ended = execute('unshare', ['-m', 'sh', '-c', deep, 'sh', ...args]);
    await expect(ended).rejects.toMatchObject({
      stdout: '',
      stderr: expect.stringContaining('not permitted'),
    });
    await until(1, 'secret.read-denied');
  });

  it('refuses nobody where it only observes', async () => {
    service.givePolicies(1, [policy(diskKey, { allow: [], maxReads: 0, wipeAfterReads: 1 })]);
    start();
    await until(4, 'secret.discovered');
    expect(await read(inDirectory(diskKey))).toBe('read');
    await until(1, 'secret.read');
    expect(service.of('agent.policies-taken')).toEqual([]);
    expect(service.of('secret.read-denied')).toEqual([]);
  });
});
