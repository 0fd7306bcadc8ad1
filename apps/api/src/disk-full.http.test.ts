import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { endpoints, ProblemError } from '@vestige/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { opening, readOf } from './testing/test-agent.ts';
import { startApi, type TestApi } from './testing/test-api.ts';

const guid = '736870e5-84f0-4973-92ec-06879ce3da0b';
const isRoot = process.getuid?.() === 0;

let mount: string;
let api: TestApi;

/** Takes all room that is left; answers how to give it back. */
function fill(): () => void {
  const path = join(mount, 'ballast');
  const file = openSync(path, 'w');
  for (const size of [1 << 20, 4096, 1]) fillWith(file, Buffer.alloc(size));
  closeSync(file);
  return () => truncateSync(path);
}

function fillWith(file: number, ballast: Buffer): void {
  try {
    for (;;) writeSync(file, ballast);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

const readiness = async (): Promise<string> =>
  api.api(endpoints.readyz, {}).then(
    ({ status }) => status,
    (error: unknown) => (error as ProblemError).problem.code,
  );

describe.skipIf(!isRoot)('a disk without room (needs root to mount one)', () => {
  beforeEach(async () => {
    mount = mkdtempSync(join(tmpdir(), 'vestige-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'vestige-test', mount]);
    api = await startApi({}, join(mount, 'data'));
  });
  afterEach(async () => {
    await api.service.close();
    execFileSync('umount', [mount]);
    rmSync(mount, { recursive: true });
  });

  it('is told with 507, loses nothing that was acknowledged, and is over when there is room', async () => {
    const agent = await api.agent();
    await agent.observe(0, opening());
    const giveBack = fill();
    let acked = 2;
    let refused: { status: number; code: string } | null = null;
    for (let round = 0; round < 2000 && refused === null; round++) {
      const batch = Array.from({ length: 20 }, (_, index) => readOf(guid, acked + 1 + index));
      const { status, json } = await agent.observe(acked + 1, batch);
      if (status === 200) acked = json.ackedThrough;
      else refused = { status, code: json.code };
    }
    expect(refused).toEqual({ status: 507, code: 'storage-full' });
    expect(await readiness()).not.toBe('ready');
    const issued = await api.token().catch((error: unknown) => error);
    expect(issued).toMatchObject({ problem: { status: 507, code: 'storage-full' } });

    giveBack();
    const again = await agent.observe(acked + 1, [readOf(guid, acked + 1)]);
    expect(again.json).toMatchObject({ ackedThrough: acked + 1 });
    await expect.poll(readiness, { timeout: 10_000 }).toBe('ready');
    await expect
      .poll(
        async () => {
          const { items } = await api.api(endpoints.listSecrets, { query: { limit: 1 } });
          return items[0]?.reads;
        },
        { timeout: 10_000 },
      )
      .toBe(acked + 1 - 2);
  });
});
