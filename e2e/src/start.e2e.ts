import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import {
  createClient,
  listSecrets,
  secretTimeline,
  signInToDemo,
  type Api,
  type EventData,
} from '@vestige/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { freePort } from './free-port.ts';
import { until } from './until.ts';

const run = promisify(execFile);

/** Signs in to the demo through the dashboard's address, as the one click does. */
async function enterDemo(webUrl: string): Promise<Api> {
  const origin = new URL(webUrl).origin;
  let cookie = '';
  const keepCookie: typeof fetch = async (...args) => {
    const response = await fetch(...args);
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
    return response;
  };
  const api = createClient({
    baseUrl: webUrl,
    fetch: keepCookie,
    prepare: (request) => ({ ...request, headers: { ...request.headers, origin, cookie } }),
  });
  await api(signInToDemo, { body: {} });
  return api;
}

interface Process {
  readonly pid: number;
  readonly command: string;
}

/** Everything that runs in the environment that we gave to npm start, itself included. */
function processesOf(folder: string): Process[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      const isOurs = readFileSync(join('/proc', pid, 'environ'), 'utf8').includes(folder);
      const command = readFileSync(join('/proc', pid, 'cmdline'), 'utf8').replaceAll('\0', ' ');
      return isOurs ? [{ pid: Number(pid), command }] : [];
    } catch {
      // Not a process, or one that has ended meanwhile.
      return [];
    }
  });
}

describe('npm start', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vestige-e2e-start-'));
  let start: ChildProcess;
  let output = '';
  let webUrl = '';

  beforeAll(async () => {
    start = spawn(process.execPath, ['tools/start.mjs'], {
      env: {
        ...process.env,
        TMPDIR: folder,
        VESTIGE_DATA_DIR: join(folder, 'data'),
        VESTIGE_API_PORT: String(await freePort()),
        VESTIGE_WEB_PORT: String(await freePort()),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    start.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    start.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const line = await until(
      'the line with the address',
      async () => {
        if (start.exitCode !== null) throw new Error(`npm start ended:\n${output}`);
        return /Vestige, with a demo fleet .* is at (http:\S+)/.exec(output) ?? undefined;
      },
      90,
    );
    webUrl = line[1]!;
  });

  afterAll(async () => {
    start.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows who read a demo secret by hand, with exe, pid and uid', async () => {
    const api = await enterDemo(webUrl);
    const { items } = await api(listSecrets, { query: { state: 'present', source: 'efi-secret' } });
    const secret = items.find((item) => item.guid === '83c83f7f-1356-4975-8b7e-d3a0b54312c6')!;
    const reading = run('cat', [join(secret.source.path, secret.name)], { encoding: 'buffer' });
    await reading;
    const event = await until('the read in its timeline', async () => {
      const timeline = await api(secretTimeline, { params: { id: secret.id } });
      return timeline.items.find((item) => item.type === 'secret.read');
    });
    const { reader } = event.data as unknown as EventData<'secret.read'>;
    expect(reader).toMatchObject({ pid: reading.child.pid, comm: 'cat', uid: process.getuid?.() });
    expect(reader?.exe).toMatch(/\/cat$/);
  });

  it('starts the service again when it dies, and the demo goes on', async () => {
    const service = processesOf(folder).find(({ command }) => command.includes('api/dist/main.js'));
    process.kill(service!.pid, 'SIGKILL');
    await until('the word that it is started again', async () =>
      output.includes('api ended (SIGKILL); starting it again') ? true : undefined,
    );
    const api = await until('a service that answers', async () =>
      enterDemo(webUrl).catch(() => undefined),
    );
    const { items } = await api(listSecrets, { query: { state: 'present' } });
    expect(items.length).toBeGreaterThan(0);
  });

  it('ends everything that it started on Ctrl-C, and leaves no secret behind', async () => {
    const ended = new Promise((resolve) => start.once('exit', resolve));
    start.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(processesOf(folder)).toEqual([]);
    expect(readdirSync(folder)).toEqual(['data']);
    await expect(fetch(webUrl)).rejects.toThrow('fetch failed');
  });
});
