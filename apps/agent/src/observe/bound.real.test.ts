import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';

import type { Observation, Source } from '@vestige/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openJournalView } from '../journal/journal-view.ts';

const run = promisify(execFile);
const boot = '11111111-2222-4333-8444-555555555555';
const guid = 'ca52112c-90eb-413b-9a70-4dc67d603d55';
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('skipped: fanotify and mounts need root');

/** What a loaded machine may add before a process that goes on has ended. */
const slackMilliseconds = 1000;

let base: string;
let secret: string;
let source: Source;
let agent: ChildProcess;
let unmounts: (() => void)[];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'vestige-bound-'));
  source = { kind: 'efi-secret', path: join(base, 'coco') };
  secret = join(source.path, guid);
  mkdirSync(source.path);
  writeFileSync(secret, 'x'.repeat(28));
  unmounts = [];
});

afterEach(async () => {
  agent.kill('SIGKILL');
  await ended();
  for (const unmount of unmounts.toReversed()) unmount();
  rmSync(base, { recursive: true });
});

async function startAgent(options: object = {}): Promise<void> {
  const module = new URL('../../dist/observe/start-observer.js', import.meta.url).href;
  const settings = { journalDir: join(base, 'disk', 'journal'), boot, ...options };
  const script = `
    const { startObserver } = await import(${JSON.stringify(module)});
    const source = ${JSON.stringify(source)};
    const observer = await startObserver(${JSON.stringify(settings)});
    await observer.watch({ source, kind: 'directory', path: source.path });
    observer.onLetThrough(() => console.log('let through'));
    console.log('ready');
    setInterval(() => {}, 1000);`;
  const args = ['--input-type=module', '-e', script];
  agent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await said('ready');
}

function said(word: string): Promise<void> {
  return new Promise((resolve) => {
    agent.stdout?.on('data', (text: Buffer) => text.toString().includes(word) && resolve());
  });
}

function ended(): Promise<string | null> {
  if (agent.exitCode !== null || agent.signalCode !== null)
    return Promise.resolve(agent.signalCode);
  return new Promise((resolve) => agent.once('exit', (_, signal) => resolve(signal)));
}

/** Stops each thread of the agent as a debugger does, which no SIGCONT ends. Gives a function that ends it. */
async function trace(): Promise<() => void> {
  const script = `
import ctypes, os, sys
trace = ctypes.CDLL(None, use_errno=True).ptrace
trace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
seize, interrupt = 0x4206, 0x4207
for request in [seize, interrupt]:
    for thread in os.listdir('/proc/' + sys.argv[1] + '/task'):
        if trace(request, int(thread), None, None) != 0: sys.exit(os.strerror(ctypes.get_errno()))
print('traced', flush=True)
sys.stdin.read()`;
  const args = ['-c', script, String(agent.pid)];
  const tracer = spawn('python3', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise((resolve) => tracer.stdout.once('data', resolve));
  return () => void tracer.kill('SIGKILL');
}

/** Milliseconds that a reader takes from its start to its end. */
async function timeReader(): Promise<number> {
  const begun = performance.now();
  await run('cat', [secret], { timeout: 15_000, killSignal: 'SIGKILL' });
  return performance.now() - begun;
}

/** A file system of its own, which can be made to hang as a disk that does not answer does. */
function mountDisk(): string {
  const [image, disk] = [join(base, 'image'), join(base, 'disk')];
  mkdirSync(disk);
  execFileSync('truncate', ['-s', '16M', image]);
  execFileSync('mkfs.ext4', ['-q', image]);
  execFileSync('mount', ['-o', 'loop', image, disk]);
  unmounts.push(() => execFileSync('umount', [disk]));
  return disk;
}

function freeze(disk: string): () => void {
  let isFrozen = true;
  execFileSync('fsfreeze', ['--freeze', disk]);
  const thaw = (): void => {
    if (isFrozen) execFileSync('fsfreeze', ['--unfreeze', disk]);
    isFrozen = false;
  };
  unmounts.push(thaw);
  return thaw;
}

function records(): Observation[] {
  return openJournalView(join(base, 'disk', 'journal')).readFrom(boot, 0, 1000);
}

async function recorded(count: number, type: Observation['type']): Promise<Observation[]> {
  for (;;) {
    const found = records().filter((record) => record.type === type);
    if (found.length >= count) return found;
    await setImmediate();
  }
}

describe.runIf(isRoot)('no reader waits longer than the bound', () => {
  it('where somebody stops the agent, again and again: the kernel makes it go on, and it tells of all', async () => {
    await startAgent();
    for (const round of [1, 2]) {
      agent.kill('SIGSTOP');
      const times = await Promise.all(Array.from({ length: 5 }, timeReader));
      expect(Math.max(...times)).toBeLessThan(2000 + slackMilliseconds);
      expect(await recorded(round * 5, 'secret.read')).toHaveLength(round * 5);
    }
    expect(agent.exitCode ?? agent.signalCode).toBeNull();
  });

  it('where somebody stops the agent among many readers, with a bound of its own', async () => {
    await startAgent({ holdMilliseconds: 500 });
    await timeReader();
    const reading = Array.from({ length: 20 }, timeReader);
    agent.kill('SIGSTOP');
    expect(Math.max(...(await Promise.all(reading)))).toBeLessThan(500 + slackMilliseconds);
  });

  it('but five times as long where the agent cannot go on, as when it is traced: the kernel kills it', async () => {
    await startAgent({ holdMilliseconds: 400 });
    const letGo = await trace();
    expect(await timeReader()).toBeLessThan(5 * 400 + slackMilliseconds);
    letGo();
    expect(await ended()).toBe('SIGKILL');
  });

  it('and an agent that did not run for longer than that bound, while nobody read, lives', async () => {
    await startAgent({ holdMilliseconds: 400 });
    const letGo = await trace();
    await setTimeout(3 * 400);
    letGo();
    await timeReader();
    expect(await recorded(1, 'secret.read')).toHaveLength(1);
    expect(agent.exitCode ?? agent.signalCode).toBeNull();
  });

  it('where the agent is killed: it goes on at once', async () => {
    await startAgent();
    agent.kill('SIGSTOP');
    const reading = timeReader();
    agent.kill('SIGKILL');
    expect(await reading).toBeLessThan(slackMilliseconds);
  });

  it('where the disk hangs: they are let through, and it tells so when the disk is back', async () => {
    const disk = mountDisk();
    await startAgent();
    const thaw = freeze(disk);
    const letThrough = said('let through');
    const times = await Promise.all([timeReader(), timeReader()]);
    expect(Math.max(...times)).toBeLessThan(2000 + slackMilliseconds);
    await letThrough;
    expect(await timeReader()).toBeLessThan(slackMilliseconds);
    thaw();
    const [gap] = await recorded(1, 'agent.gap');
    const data = { reason: 'reader-let-through', lost: null, source };
    expect(gap).toMatchObject({ data: { ...data, until: expect.any(String) as string } });
    const before = (await recorded(1, 'secret.read')).length;
    await timeReader();
    expect(records().filter(({ type }) => type === 'secret.read')).toHaveLength(before + 1);
    expect(agent.exitCode ?? agent.signalCode).toBeNull();
  });

  it('where the disk hangs again and again', async () => {
    const disk = mountDisk();
    await startAgent({ holdMilliseconds: 400 });
    for (const round of [1, 2, 3]) {
      const thaw = freeze(disk);
      expect(await timeReader()).toBeLessThan(400 + slackMilliseconds);
      thaw();
      await recorded(round, 'agent.gap');
    }
  });
});
