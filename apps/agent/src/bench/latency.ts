import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  fdatasyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { startObserver } from '../observe/start-observer.ts';
import { say } from './bound.ts';

const reads = 1000;
const name = '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d';

/** A reader of its own, as the agent's own reads are not observed: prints the microseconds of each open, read and close. */
const reader = `
  const { closeSync, openSync, readSync } = require('node:fs');
  const [path, count] = process.argv.slice(1);
  const buffer = Buffer.alloc(64);
  const times = [];
  for (let n = 0; n < Number(count); n += 1) {
    const start = process.hrtime.bigint();
    const file = openSync(path, 'r');
    readSync(file, buffer);
    closeSync(file);
    times.push(Number(process.hrtime.bigint() - start) / 1000);
  }
  console.log(JSON.stringify(times));`;

interface Latency {
  readonly median: number;
  readonly p99: number;
}

function latency(times: readonly number[]): Latency {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))] ?? 0;
  return { median: at(0.5), p99: at(0.99) };
}

function readInTurns(path: string): Latency {
  const output = execFileSync(process.execPath, ['-e', reader, path, String(reads)]);
  return latency(JSON.parse(output.toString()) as number[]);
}

/** What one durable line costs on this disk: no observation held until it is durable can cost less. */
function syncs(folder: string): Latency {
  const file = openSync(join(folder, 'syncs'), 'w');
  const line = Buffer.alloc(700, 0x61);
  const times = Array.from({ length: reads }, () => {
    const start = process.hrtime.bigint();
    writeSync(file, line);
    fdatasyncSync(file);
    return Number(process.hrtime.bigint() - start) / 1000;
  });
  return latency(times);
}

/** Reads under the eye of the observer; resolves when every read that it can tell apart is recorded. */
async function readObserved(folder: string, path: string): Promise<Latency> {
  const source = { kind: 'efi-secret', path: dirname(path) } as const;
  const observer = await startObserver({ journalDir: join(folder, 'journal'), boot: randomUUID() });
  const { method } = await observer.watch({ source, kind: 'directory', path: source.path });
  await observer.setItems(source, [{ source, name, guid: name }]);
  const complete = new Promise<void>((resolve) => {
    observer.onRecorded(({ lastSeq }) => lastSeq === reads - 1 && resolve());
  });
  const observed = readInTurns(path);
  // Only permission events are never merged.
  if (method === 'fanotify-permission') await complete;
  else console.log(`readers are not held: ${method}`);
  await observer.stop();
  return observed;
}

/** What the observation of one open, read and close adds to it. */
export async function benchLatency(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'vestige-bench-'));
  const path = join(folder, 'coco', name);
  mkdirSync(dirname(path));
  writeFileSync(path, Buffer.alloc(64));
  const unobserved = readInTurns(path);
  const durable = syncs(folder);
  const observed = await readObserved(folder, path);
  rmSync(folder, { recursive: true });
  const sync = `one line written and synced takes ${durable.median.toFixed(0)} us`;
  console.log(`${sync}, at the 99th percentile ${durable.p99.toFixed(0)} us`);
  const added = (part: keyof Latency): number => (observed[part] - unobserved[part]) / 1000;
  say('an observed open adds, median', added('median'), { atMost: 1, unit: 'ms' });
  say('an observed open adds, 99th percentile', added('p99'), { atMost: 5, unit: 'ms' });
}
