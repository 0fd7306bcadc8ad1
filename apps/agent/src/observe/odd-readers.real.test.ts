import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { ObservationData, Source } from '@vestige/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openJournalView } from '../journal/journal-view.ts';
import type { Observer } from './observer.ts';
import { startObserver } from './start-observer.ts';

const run = promisify(execFile);
const boot = '11111111-2222-4333-8444-555555555555';
const guid = 'ca52112c-90eb-413b-9a70-4dc67d603d55';
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('skipped: fanotify needs root');

let base: string;
let secrets: string;
let secret: string;
let source: Source;
let observer: Observer;
const children: ChildProcess[] = [];

beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'vestige-odd-'));
  secrets = join(base, 'coco');
  secret = join(secrets, guid);
  mkdirSync(secrets);
  source = { kind: 'efi-secret', path: secrets };
  writeFileSync(secret, 'x'.repeat(28));
  observer = await startObserver({ journalDir: join(base, 'journal'), boot });
  await observer.watch({ source, kind: 'directory', path: secrets });
  await observer.setItems(source, [{ source, name: guid, guid }]);
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await observer.stop();
  rmSync(base, { recursive: true });
});

async function startAgent(): Promise<ChildProcess> {
  const module = new URL('../../dist/observe/start-observer.js', import.meta.url).href;
  const script = `
    const { startObserver } = await import(${JSON.stringify(module)});
    const source = ${JSON.stringify(source)};
    const observer = await startObserver({ journalDir: process.argv[1], boot: '${boot}' });
    await observer.watch({ source, kind: 'directory', path: source.path });
    console.log('ready');`;
  const args = ['--input-type=module', '-e', script, join(base, 'journal')];
  const agent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(agent);
  await new Promise((resolve) => agent.stdout.once('data', resolve));
  return agent;
}

async function reads(): Promise<ObservationData<'secret.read'>[]> {
  const data = { reason: 'a mark of the test' };
  await observer.append({ type: 'agent.stopped', at: new Date().toISOString(), data });
  const records = observer.journal.readFrom(boot, 0, 10_000);
  return records.flatMap((record) => (record.type === 'secret.read' ? [record.data] : []));
}

async function names(): Promise<string[]> {
  return (await reads()).map((read) => read.secret.name);
}

describe.runIf(isRoot)('readers that come another way', () => {
  it('read a secret by its own name through a file that is bind-mounted elsewhere', async () => {
    const script = 'touch "$2" && mount --bind "$1" "$2" && cat "$2"';
    await run('unshare', ['-m', 'sh', '-c', script, 'sh', secret, join(base, 'elsewhere')]);
    expect(await names()).toEqual([guid]);
  });

  it('are seen through a directory that is bind-mounted in a mount namespace of its own', async () => {
    const script = 'mkdir "$2" && mount --bind "$1" "$2" && cat "$2/$3"';
    await run('unshare', ['-m', 'sh', '-c', script, 'sh', secrets, join(base, 'there'), guid]);
    expect(await names()).toEqual([guid]);
  });

  it('are seen through a symbolic link', async () => {
    execFileSync('ln', ['-s', secret, join(base, 'link')]);
    await run('cat', [join(base, 'link')]);
    expect(await names()).toEqual([guid]);
  });

  it('count anew when they open it again, also where a child closed the first descriptor', async () => {
    const script = `
import os, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
os.read(fd, 99)
done, go = os.pipe()
child = os.fork()
if child == 0:
    os.close(go)
    os.read(done, 1)
    os._exit(0)
os.close(done)
os.close(fd)
os.close(go)
os.waitpid(child, 0)
os.read(os.open(sys.argv[1], os.O_RDONLY), 99)`;
    await run('python3', ['-c', script, secret]);
    expect(await names()).toEqual([guid, guid]);
  });

  it('are seen one by one where they share one descriptor', async () => {
    const script = 'exec 3< "$1"; head -c 4 <&3; cat <&3';
    await run('bash', ['-c', script, 'bash', secret]);
    expect((await reads()).map(({ reader }) => reader?.comm)).toEqual(['head', 'cat']);
  });

  it('are told with the programs that they descend from, the nearest first', async () => {
    await run('sh', ['-c', 'cat "$1"; true', 'sh', secret]);
    const [read] = await reads();
    const parents = [realpathSync('/bin/sh'), process.execPath];
    expect(read?.reader?.parents?.slice(0, 2)).toEqual(parents);
  });

  it('are seen each where many come and go at once', async () => {
    const script = 'for n in $(seq 25); do cat "$1" & done; wait';
    await Promise.all(Array.from({ length: 4 }, () => run('sh', ['-c', script, 'sh', secret])));
    const pids = (await reads()).map(({ reader }) => reader?.pid);
    expect(new Set(pids).size).toBe(100);
  });

  it('wait for nobody where a pipe without a writer has a name in the source', async () => {
    const pipe = join(secrets, 'aaaaaaaa-90eb-413b-9a70-4dc67d603d55');
    execFileSync('mkfifo', [pipe]);
    const script = 'import os, sys; os.read(os.open(sys.argv[1], os.O_RDONLY | os.O_NONBLOCK), 1)';
    await run('python3', ['-c', script, pipe], { timeout: 3000, killSignal: 'SIGKILL' });
    await run('cat', [secret], { timeout: 3000, killSignal: 'SIGKILL' });
    expect(await names()).toContain(guid);
    expect(statSync(pipe).isFIFO()).toBe(true);
  });

  it('are seen again after a time in which the agent could open no further file', async () => {
    await observer.stop();
    const agent = await startAgent();
    const limit = (files: number | string): Buffer =>
      execFileSync('prlimit', ['--pid', String(agent.pid), `--nofile=${files}:`]);
    limit(10);
    await expect(run('cat', [secret])).rejects.toThrow('not permitted');
    limit(execFileSync('sh', ['-c', 'ulimit -Sn']).toString().trim());
    await run('cat', [secret]);
    const records = openJournalView(join(base, 'journal')).readFrom(boot, 0, 10);
    const gap = { reason: 'observer-unavailable', lost: 1, source };
    expect(records[0]).toMatchObject({ type: 'agent.gap', data: gap });
    expect(records.at(-1)).toMatchObject({ type: 'secret.read', data: { secret: { name: guid } } });
  });

  it('are let go when the agent as a whole is stopped', async () => {
    await observer.stop();
    const agent = await startAgent();
    agent.kill('SIGSTOP');
    await run('cat', [secret], { timeout: 15_000, killSignal: 'SIGKILL' });
    expect(agent.exitCode ?? agent.signalCode).toBeNull();
  });
});
