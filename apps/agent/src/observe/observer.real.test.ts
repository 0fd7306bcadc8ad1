import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  promises,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';

import type { Observation, ObservationData, Source } from '@vestige/contract';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { openJournalView } from '../journal/journal-view.ts';
import type { Observer, ObserverOptions, SourceChange } from './observer.ts';
import { startObserver } from './start-observer.ts';

const run = promisify(execFile);
const boot = '11111111-2222-4333-8444-555555555555';
const guid = 'ca52112c-90eb-413b-9a70-4dc67d603d55';
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('skipped: fanotify needs root');

let base: string;
let secrets: string;
let source: Source;
let observer: Observer;
const agents: ChildProcess[] = [];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'vestige-observe-'));
  secrets = join(base, 'coco');
  mkdirSync(secrets);
  source = { kind: 'efi-secret', path: secrets };
  writeFileSync(join(secrets, guid), 'x'.repeat(28));
});

afterEach(async () => {
  await observer?.stop();
  for (const agent of agents.splice(0)) agent.kill('SIGKILL');
  rmSync(base, { recursive: true });
});

async function observe(options: Partial<ObserverOptions> = {}): Promise<void> {
  observer = await startObserver({ journalDir: join(base, 'journal'), boot, ...options });
  await observer.watch({ source, kind: 'directory', path: secrets });
  await observer.setItems(source, [{ source, name: guid, guid }]);
}

function recorded(): Observation[] {
  return observer.journal.readFrom(boot, 0, 10_000);
}

function reads(): ObservationData<'secret.read'>[] {
  return recorded().flatMap((record) => (record.type === 'secret.read' ? [record.data] : []));
}

/** A mark in the journal: what the kernel had told before is recorded when it is. */
async function settled(): Promise<void> {
  await observer.append({
    type: 'agent.stopped',
    at: new Date().toISOString(),
    data: { reason: 'a mark of the test' },
  });
}

function nextChange(): Promise<SourceChange> {
  return new Promise((resolve) => {
    const off = observer.onChanged((change) => {
      off();
      resolve(change);
    });
  });
}

async function startAgent(): Promise<ChildProcess> {
  const module = new URL('../../dist/observe/start-observer.js', import.meta.url).href;
  const script = `
    const { startObserver } = await import(${JSON.stringify(module)});
    const source = ${JSON.stringify(source)};
    const observer = await startObserver({ journalDir: process.argv[1], boot: '${boot}' });
    await observer.watch({ source, kind: 'directory', path: source.path });
    process.stdin.once('data', () => process.exit(7));
    console.log('ready');`;
  const args = ['--input-type=module', '-e', script, join(base, 'journal')];
  const agent = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  agents.push(agent);
  await new Promise((resolve) => agent.stdout.once('data', resolve));
  return agent;
}

/** The kernel shows a reader that is held before its first read with the file open. */
function hasOpen(pid: number | undefined, name: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) =>
      readlinkSync(`/proc/${pid}/fd/${fd}`).endsWith(name),
    );
  } catch {
    return false;
  }
}

async function until(isReached: () => boolean): Promise<void> {
  while (!isReached()) await setImmediate();
}

const readingScript = 'require("node:fs").readFileSync(process.argv[1])';

describe.runIf(isRoot)('observer with fanotify', () => {
  it('records one read of cat with who it was', async () => {
    await observe();
    const cat = spawn('cat', [join(secrets, guid)], { stdio: 'ignore' });
    await new Promise((resolve) => cat.once('exit', resolve));
    await settled();
    expect(reads()).toMatchObject([
      {
        secret: { source, name: guid, guid },
        method: 'fanotify-permission',
        extent: 'item',
        reader: {
          pid: cat.pid,
          exe: realpathSync('/bin/cat'),
          comm: 'cat',
          uid: 0,
          gid: 0,
          startTime: expect.any(Number) as number,
        },
      },
    ]);
  });

  it('counts dd of single bytes, and a file read by node, as one read each', async () => {
    await observe();
    await run('dd', [`if=${join(secrets, guid)}`, 'of=/dev/null', 'bs=1']);
    await run(process.execPath, ['-e', readingScript, join(secrets, guid)]);
    await settled();
    expect(reads().map(({ reader }) => reader?.comm)).toEqual(['dd', 'node']);
  });

  it('counts two times that one process opens and reads', async () => {
    await observe();
    const script = `read a < "$1"; read a < "$1"; exit 0`;
    await run('sh', ['-c', script, 'sh', join(secrets, guid)]);
    await settled();
    const pids = reads().map(({ reader }) => reader?.pid);
    expect(pids).toHaveLength(2);
    expect(pids[0]).toBe(pids[1]);
  });

  it.each([false, true])(
    'names who reads in parts through a descriptor from before it, once (enforcing: %s)',
    async (enforces) => {
      const script = `exec 3< "$1"; echo open; read go; read -n1 a <&3; read -n1 b <&3; echo done; read end`;
      const args = ['-c', script, 'bash', join(secrets, guid)];
      const bash = spawn('bash', args, { stdio: ['pipe', 'pipe', 'inherit'] });
      agents.push(bash);
      await new Promise((resolve) => bash.stdout.once('data', resolve));
      await observe({ enforces });
      const policy = { allow: [], maxReads: null, wipeAfterReads: null, wipeAfterSeconds: null };
      if (enforces) await observer.setPolicies([{ guid, version: 1, policy }]);
      bash.stdin.write('go\n');
      await new Promise((resolve) => bash.stdout.once('data', resolve));
      await settled();
      const told = recorded().filter(({ type }) => type.startsWith('secret.read'));
      const read = { type: 'secret.read', data: { reader: { pid: bash.pid } } };
      /** Where the kernel still holds such a read, it is refused as any other. */
      const isRefused = told[0]?.type === 'secret.read-denied';
      expect(told).toMatchObject([isRefused && enforces ? { data: read.data } : read]);
    },
  );

  it('has the read in the journal before the reader gets its first byte', async () => {
    await observe();
    const script = 'IFS= read -r -n1 byte < "$1"; grep -rc "secret.read" "$2"';
    const journalDir = join(base, 'journal');
    const { stdout } = await run('bash', ['-c', script, 'bash', join(secrets, guid), journalDir]);
    expect(stdout).toMatch(/\.log:1$/m);
  });

  it('neither records nor holds up what the agent reads itself, on any thread', async () => {
    await observe();
    readFileSync(join(secrets, guid));
    await Promise.all(Array.from({ length: 20 }, () => promises.readFile(join(secrets, guid))));
    await settled();
    expect(reads()).toEqual([]);
  });

  it('records a secret that nobody announced', async () => {
    await observe();
    const name = '00000000-0000-0000-0000-000000000001';
    writeFileSync(join(secrets, name), 'x');
    await run('cat', [join(secrets, name)]);
    await settled();
    expect(reads()).toMatchObject([{ secret: { name, guid: name }, extent: 'item' }]);
  });

  it('sees every one of many readers at once', async () => {
    await observe();
    await Promise.all(Array.from({ length: 40 }, () => run('cat', [join(secrets, guid)])));
    await settled();
    expect(new Set(reads().map(({ reader }) => reader?.pid)).size).toBe(40);
  });

  it('tells who unlinked a secret', async () => {
    await observe();
    const changed = nextChange();
    const killer = spawn(process.execPath, [
      '-e',
      'require("node:fs").unlinkSync(process.argv[1]); setInterval(() => {}, 1000)',
      join(secrets, guid),
    ]);
    await expect(changed).resolves.toMatchObject({ what: 'deleted', name: guid });
    killer.kill('SIGKILL');
    const unlinked = recorded().filter(({ type }) => type === 'secret.unlinked');
    expect(unlinked).toMatchObject([
      { data: { secret: { name: guid }, method: 'fanotify', actor: { pid: killer.pid, uid: 0 } } },
    ]);
  });

  it('does not take its own announced wipe for an unlink by somebody', async () => {
    await observe();
    await observer.expectWipe(source, guid);
    unlinkSync(join(secrets, guid));
    await settled();
    expect(recorded().map(({ type }) => type)).toEqual(['agent.stopped']);
  });

  it('tells that the watched directory is gone', async () => {
    await observe();
    await observer.expectWipe(source, guid);
    unlinkSync(join(secrets, guid));
    const changed = nextChange();
    rmSync(secrets, { recursive: true });
    await expect(changed).resolves.toMatchObject({ what: 'watch-lost', source });
    expect(recorded().at(-1)).toMatchObject({
      type: 'agent.gap',
      data: { reason: 'mark-lost', source },
    });
  });

  it('releases a waiting reader when the agent is killed', async () => {
    const agent = await startAgent();
    agent.kill('SIGSTOP');
    const cat = spawn('cat', [join(secrets, guid)]);
    const output = text(cat.stdout);
    await until(() => hasOpen(cat.pid, guid));
    agent.kill('SIGKILL');
    await expect(output).resolves.toBe('x'.repeat(28));
  });

  it('releases readers when its worker dies, and tells so', async () => {
    const once = vi.spyOn(Worker.prototype, 'once');
    await observe();
    const worker = once.mock.contexts.find((context) => context instanceof Worker);
    once.mockRestore();
    const failed = new Promise((resolve) => observer.onFailed(resolve));
    const ended = worker?.terminate();
    await run('cat', [join(secrets, guid)]);
    await ended;
    await expect(failed).resolves.toBeInstanceOf(Error);
    await expect(observer.unwatch(source)).rejects.toThrow('the observer ended');
  });

  it('does not make readers wait for the main thread', async () => {
    await observe();
    const output = execFileSync('cat', [join(secrets, guid)]);
    expect(output.toString()).toBe('x'.repeat(28));
    await settled();
    expect(reads()).toHaveLength(1);
  });

  it('has every reader that got its bytes in the journal when it is killed among many', async () => {
    const agent = await startAgent();
    const finished: (number | undefined)[] = [];
    const readOn = async (): Promise<void> => {
      while (!agent.killed) {
        const cat = spawn('cat', [join(secrets, guid)], { stdio: 'ignore' });
        await new Promise((resolve) => cat.once('exit', resolve));
        if (agent.killed) return;
        finished.push(cat.pid);
        if (finished.length === 100) agent.kill('SIGKILL');
      }
    };
    await Promise.all(Array.from({ length: 8 }, readOn));
    const journaled = openJournalView(join(base, 'journal'))
      .readFrom(boot, 0, 1000)
      .map((record) => (record.type === 'secret.read' ? record.data.reader?.pid : undefined));
    expect(journaled).toEqual(expect.arrayContaining(finished));
  });

  it('keeps what it knows of a source that is watched anew', async () => {
    await observe();
    await observer.watch({ source, kind: 'directory', path: secrets });
    await run('rm', [join(secrets, guid)]);
    await settled();
    expect(recorded()[0]).toMatchObject({ type: 'secret.unlinked', data: { secret: { guid } } });
  });

  it('sees nothing of a source that is no longer watched', async () => {
    await observe();
    await observer.unwatch(source);
    await run('cat', [join(secrets, guid)]);
    await settled();
    expect(reads()).toEqual([]);
  });

  it('goes on counting when the agent is restarted, and forgets what was acknowledged', async () => {
    await observe();
    expect(observer.resumed).toBe(false);
    await run('cat', [join(secrets, guid)]);
    await settled();
    await observer.acknowledge(boot, 0);
    await observer.stop();
    await observe();
    expect(observer.resumed).toBe(true);
    expect(observer.journal.boots()).toEqual([{ boot, firstSeq: 0, nextSeq: 2, ackedThrough: 0 }]);
    await settled();
    expect(observer.journal.boots()).toMatchObject([{ nextSeq: 3 }]);
  });

  it('announces what is durable', async () => {
    await observe();
    const announced = new Promise((resolve) => observer.onRecorded(resolve));
    await run('cat', [join(secrets, guid)]);
    await expect(announced).resolves.toEqual({ boot, firstSeq: 0, lastSeq: 0 });
    expect(reads()).toHaveLength(1);
  });

  it('refuses an observation that the contract does not know', async () => {
    await observe();
    const wrong = { type: 'agent.stopped', at: 'yesterday', data: { reason: '' } } as const;
    await expect(observer.append(wrong)).rejects.toThrow('a time like');
    expect(recorded()).toEqual([]);
  });

  it('ends with its process when nobody stopped it', async () => {
    const agent = await startAgent();
    agent.stdin?.write('\n');
    const code = await new Promise((resolve) => agent.once('exit', resolve));
    expect(code).toBe(7);
  });

  it('refuses a journal that another agent writes', async () => {
    await observe();
    const second = startObserver({ journalDir: join(base, 'journal'), boot });
    await expect(second).rejects.toMatchObject({ code: 'locked' });
  });

  it('goes on letting readers read when the journal is full, and tells so', async () => {
    await observe({ journalBytesMax: 17 * 1024 });
    for (let i = 0; i < 4; i += 1) await run('cat', [join(secrets, guid)]);
    const last = recorded().at(-1);
    expect(last).toMatchObject({ type: 'agent.gap', data: { reason: 'journal-full' } });
    const refused = observer.append({
      type: 'agent.stopped',
      at: new Date().toISOString(),
      data: { reason: 'y'.repeat(200) },
    });
    await expect(refused).rejects.toMatchObject({ code: 'full' });
  });
});

describe.runIf(isRoot)('observer of a table image', () => {
  const second = '00000000-0000-0000-0000-000000000002';
  let image: string;

  beforeEach(async () => {
    image = join(base, 'area.bin');
    writeFileSync(image, 'x'.repeat(64));
    source = { kind: 'table', path: image };
    observer = await startObserver({ journalDir: join(base, 'journal'), boot });
    await observer.watch({ source, kind: 'file', path: image });
  });

  async function setEntries(): Promise<void> {
    await observer.setItems(
      source,
      [guid, second].map((name) => ({ source, name, guid: name })),
    );
  }

  it('takes a read of the image for a read of each live entry', async () => {
    await setEntries();
    await run('cat', [image]);
    await settled();
    expect(reads()).toMatchObject([
      { secret: { name: guid }, extent: 'source' },
      { secret: { name: second }, extent: 'source' },
    ]);
  });

  it('tells a gap when the image is read before its entries are known', async () => {
    await run('cat', [image]);
    await settled();
    expect(recorded()[0]).toMatchObject({ type: 'agent.gap', data: { lost: 1, source } });
  });

  it('tells who changed the image, and not that the agent did', async () => {
    await setEntries();
    writeFileSync(image, 'y'.repeat(64));
    const changed = nextChange();
    await run('sh', ['-c', 'printf zz > "$1"; exec cat "$1"', 'sh', image]);
    await expect(changed).resolves.toMatchObject({
      what: 'modified',
      method: 'fanotify',
      actor: { pid: expect.any(Number) as number },
    });
  });

  it('follows an image that is replaced, and tells that it could be read unseen', async () => {
    await setEntries();
    const changed = nextChange();
    await run('sh', ['-c', 'echo new > "$1.new"; mv "$1.new" "$1"', 'sh', image]);
    await expect(changed).resolves.toMatchObject({ what: 'created', source });
    await run('cat', [image]);
    await settled();
    expect(reads()).toHaveLength(2);
    const gaps = recorded().filter(({ type }) => type === 'agent.gap');
    expect(gaps).toMatchObject([{ data: { reason: 'mark-lost', source } }]);
  });
});

describe('observer with inotify alone', () => {
  it('counts a read without saying who it was', async () => {
    await observe({ best: 'inotify' });
    await run('dd', [`if=${join(secrets, guid)}`, 'of=/dev/null', 'bs=1']);
    await settled();
    expect(reads()).toMatchObject([{ secret: { name: guid }, reader: null, method: 'inotify' }]);
  });

  it('tells an unlink without an actor', async () => {
    await observe({ best: 'inotify' });
    await run('rm', [join(secrets, guid)]);
    await settled();
    expect(recorded()[0]).toMatchObject({
      type: 'secret.unlinked',
      data: { actor: null, method: 'inotify' },
    });
  });

  it('does not take an announced wipe for an unlink by somebody', async () => {
    await observe({ best: 'inotify' });
    await observer.expectWipe(source, guid);
    unlinkSync(join(secrets, guid));
    await settled();
    expect(recorded().map(({ type }) => type)).toEqual(['agent.stopped']);
  });

  it('does not count an access that the agent announced', async () => {
    await observe({ best: 'inotify' });
    await observer.duringOwnAccess(source, () => readFileSync(join(secrets, guid)));
    await run('cat', [join(secrets, guid)]);
    await settled();
    expect(reads()).toHaveLength(1);
  });

  it('says what it could not have', async () => {
    observer = await startObserver({ journalDir: join(base, 'journal'), boot, best: 'inotify' });
    const result = await observer.watch({ source, kind: 'directory', path: secrets });
    expect(result).toMatchObject({ method: 'inotify', changes: 'inotify' });
    expect(result.detail).toContain('readers are not known');
    expect(result.detail).toContain('memory mapping');
  });
});
