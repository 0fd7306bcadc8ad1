import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { endpoints } from '@vestige/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { opening, readOf, TestAgent } from './testing/test-agent.ts';
import { adminToken, clientOf } from './testing/test-api.ts';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const guid = '736870e5-84f0-4973-92ec-06879ce3da0b';

let dataDir: string;
const started: ChildProcess[] = [];
beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'vestige-crash-'));
});
afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
});

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly exited: Promise<number | null>;
}

/** The program as it is shipped, up and listening. */
function start(port = 0, environment: Record<string, string> = {}): Promise<Running> {
  const child = spawn(process.execPath, [main], {
    env: {
      VESTIGE_API_PORT: String(port),
      VESTIGE_DATA_DIR: dataDir,
      VESTIGE_BOOTSTRAP_TOKEN: adminToken,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve));
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const url = /"url":"(http:[^"]+)"/.exec(output)?.[1];
      if (url !== undefined) resolve({ child, url, exited });
    });
    void exited.then((code) => reject(new Error(`exited with ${code}: ${output}`)));
  });
}

/** Every observation of the guest that is in the log, as its pids tell. */
async function pidsInLog(url: string, guest: string): Promise<number[]> {
  const api = clientOf(url, adminToken);
  const pids: number[] = [];
  let after = -1;
  for (;;) {
    const query = { guest, type: 'secret.read', after, limit: 500 } as const;
    const { items, next } = await api(endpoints.listEvents, { query });
    for (const { data } of items) pids.push((data['reader'] as { pid: number }).pid);
    if (next === null) return pids;
    after = Number(next);
  }
}

describe('the program', () => {
  it('loses no acknowledged observation and duplicates none when it is killed again and again', async () => {
    let running = await start();
    const port = Number(new URL(running.url).port);
    const agent = new TestAgent(running.url);
    const api = clientOf(running.url, adminToken);
    await agent.enrol((await api(endpoints.issueEnrolmentToken, { body: {} })).token);
    await agent.observe(0, opening());
    let acked = 2;
    /** Sends a batch twice at once, as an agent does that lost its answer, and keeps what was acknowledged. */
    const report = async (): Promise<void> => {
      const batch = Array.from({ length: 5 }, (_, index) => readOf(guid, acked + 1 + index));
      const results = await Promise.allSettled([1, 2].map(() => agent.observe(acked + 1, batch)));
      const acks = results.flatMap((result) =>
        result.status === 'fulfilled' ? Number(result.value.json.ackedThrough ?? -1) : [],
      );
      acked = Math.max(acked, ...acks);
    };
    for (const count of [10, 17, 24]) {
      for (let i = 0; i < count; i++) await report();
      const lost = report();
      running.child.kill('SIGKILL');
      await Promise.all([lost, running.exited]);
      running = await start(port);
      await report();
    }
    const pids = await pidsInLog(running.url, agent.guest);
    expect(pids).toEqual(Array.from({ length: pids.length }, (_, index) => index + 3));
    expect(pids.at(-1)).toBe(acked);
    running.child.kill('SIGKILL');
    await running.exited;
  }, 60_000);

  it('stops in order and with success when it is asked to', async () => {
    const running = await start();
    running.child.kill('SIGTERM');
    expect(await running.exited).toBe(0);
    const again = await start();
    const { items } = await clientOf(again.url, adminToken)(endpoints.listEvents, {
      query: { order: 'desc', limit: 2 },
    });
    expect(items.map(({ type }) => type)).toEqual(['service.started', 'service.stopped']);
    again.child.kill('SIGINT');
    expect(await again.exited).toBe(0);
  }, 30_000);

  it('has the data to itself: a second one on the same data refuses to start', async () => {
    const running = await start();
    const second = spawn(process.execPath, [main], {
      env: { VESTIGE_API_PORT: '0', VESTIGE_DATA_DIR: dataDir },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    started.push(second);
    let complaint = '';
    second.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    const [code] = (await once(second, 'exit')) as [number];
    expect([code, complaint]).toEqual([1, expect.stringMatching(/Another service has .* open/)]);
    running.child.kill('SIGTERM');
    expect(await running.exited).toBe(0);
  }, 30_000);

  it('renews the set-up link at each start while nobody is there', async () => {
    const links: string[] = [];
    for (let i = 0; i < 2; i++) {
      const { child, exited } = await start();
      links.push(readFileSync(join(dataDir, 'set-up-link'), 'utf8'));
      child.kill('SIGTERM');
      await exited;
    }
    expect(links[0]).not.toBe(links[1]);
  }, 30_000);

  it('refuses to start with a wrong environment, exit code 2', async () => {
    await expect(start(0, { VESTIGE_DEMO: 'x' })).rejects.toThrow('exited with 2');
  });
});
