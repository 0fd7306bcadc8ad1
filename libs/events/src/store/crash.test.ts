import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { afterAll, describe, expect, it } from 'vitest';

import { openLog } from '../open-log.ts';
import { secretsView } from '../views/secrets.ts';

const directory = mkdtempSync(join(tmpdir(), 'vestige-crash-'));
afterAll(() => rmSync(directory, { recursive: true }));

const program = `
  import { runnerImport } from 'vite';
  const { module } = await runnerImport(process.argv[1], { ssr: { resolve: { conditions: ['source'] } } });
  await module.appendForEver(process.argv[2], process.argv[3]);
`;

/** Lets a process append until it has acknowledged so many, kills it, and answers what it acknowledged. */
async function killedAfter(file: string, round: number, count: number): Promise<string[]> {
  const writer = join(import.meta.dirname, 'crash-writer.ts');
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', program, writer, file, String(round)],
    { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const acknowledged: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    acknowledged.push(line);
    if (acknowledged.length === count) child.kill('SIGKILL');
  }
  return acknowledged;
}

describe('a log whose process is killed', () => {
  it('has everything that it acknowledged, once, where it said', { timeout: 60_000 }, async () => {
    const file = join(directory, 'log.db');
    const acknowledged: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      acknowledged.push(...(await killedAfter(file, round, 50 + Math.floor(Math.random() * 400))));

      const log = await openLog({ file });
      const size = await log.store.size();
      const stored = await log.store.read(0, size + 1);
      const lines = new Set(stored.map(({ position, event }) => `${position} ${event.id}`));
      expect(acknowledged.filter((line) => !lines.has(line))).toEqual([]);
      expect(stored.map(({ position }) => position)).toEqual(stored.map((_, index) => index));
      expect(new Set(stored.map(({ event }) => event.id)).size).toBe(size);
      expect(log.followers.status().find(({ name }) => name === secretsView.name)).toMatchObject({
        position: size,
      });
      await log.close();
    }
    expect(acknowledged.length).toBeGreaterThan(150);
  });
});
