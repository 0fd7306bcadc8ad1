import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

import { BenchAgent } from './bench-agent.ts';
import { say, sayAtLeast } from './bound.ts';

const secrets = 64;
/** What its start left is collected some eight seconds later. */
const settleSeconds = 15;
const idleSeconds = 60;
const opens = 100_000;
const opensPerSecond = 2000;
const readers = 8;

/** Opens, reads and closes at a given rate; prints its own seconds. Where it is late it does not wait. */
const reader = `
  const { closeSync, openSync, readSync } = require('node:fs');
  const [path, count, rate] = process.argv.slice(1);
  const buffer = Buffer.alloc(64);
  const start = performance.now();
  const read = async () => {
    for (let n = 0; n < Number(count); n += 1) {
      const early = start + (n * 1000) / Number(rate) - performance.now();
      if (early > 2) await new Promise((resolve) => setTimeout(resolve, early));
      const file = openSync(path, 'r');
      readSync(file, buffer);
      closeSync(file);
    }
    console.log((performance.now() - start) / 1000);
  };
  read();`;

/** The bounds of the whole agent: what it costs idle, under load and after it, and how fast it wipes. */
export async function benchWholeAgent(): Promise<void> {
  const agent = await BenchAgent.start(secrets);
  try {
    await benchIdle(agent);
    await benchLoad(agent);
    await benchWipes(agent);
  } finally {
    await agent.stop();
  }
}

async function benchIdle(agent: BenchAgent): Promise<void> {
  await sleep(settleSeconds * 1000);
  const before = agent.processorSeconds();
  await sleep(idleSeconds * 1000);
  const used = ((agent.processorSeconds() - before) / idleSeconds) * 100;
  say(`idle, ${secrets} secrets`, used, { atMost: 0.5, unit: '% of a core' });
}

async function benchLoad(agent: BenchAgent): Promise<void> {
  const path = agent.path(agent.names[0] ?? '');
  const seconds = await Promise.all(Array.from({ length: readers }, () => runReader(path)));
  const rate = opens / Math.max(...seconds);
  const resident = agent.resident();
  await agent.until('secret.read', opens);
  // A paced reader is late by its last open.
  sayAtLeast('opens observed', rate, { atLeast: opensPerSecond * 0.99, unit: 'a second' });
  const lost = opens - agent.count('secret.read');
  say(`lost of ${opens} observations`, lost, { atMost: 0, unit: 'observations' });
  say('resident after them', resident, { atMost: 90, unit: 'MiB' });
}

async function runReader(path: string): Promise<number> {
  const args = ['-e', reader, path, String(opens / readers), String(opensPerSecond / readers)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await new Promise((resolve) => child.once('exit', resolve));
  return Number(text);
}

async function benchWipes(agent: BenchAgent): Promise<void> {
  const started = performance.now();
  agent.orderWipes();
  await agent.until('secret.wiped', secrets);
  const missing = secrets - agent.count('secret.wiped');
  say('secrets not wiped', missing, { atMost: 0, unit: 'secrets' });
  const seconds = (performance.now() - started) / 1000;
  say(`${secrets} secrets wiped, evidence at the service`, seconds, { atMost: 1, unit: 's' });
}
