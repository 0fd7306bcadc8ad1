/** `npm run bench -- secret-area`: what parsing and wiping cost, as multiples of the least that could be done. */
import { randomBytes } from 'node:crypto';
import { open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { buildTable } from './build.ts';
import { headerBytes } from './layout.ts';
import { parseBytes, parseTable } from './parse.ts';
import { type AreaWriter, blockingFileArea, bufferArea, fileArea } from './reader.ts';
import { wipeAll } from './wipe.ts';

const areaSize = 4096;
const rounds = 30;

/** A table that fills its area as far as equal entries can. */
function fullTable(count: number, size: number): Uint8Array {
  const dataLength = Math.floor((size - headerBytes) / count) - headerBytes;
  const entries = Array.from({ length: count }, () => ({
    guid: guidOf(randomBytes(16).toString('hex')),
    data: new Uint8Array(dataLength).fill(0x73),
  }));
  return buildTable(entries, { areaSize: size });
}

function guidOf(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Nanoseconds of one call in the best round: noise only ever adds. */
function cost(calls: number, work: () => unknown): number {
  let best = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const start = process.hrtime.bigint();
    for (let call = 0; call < calls; call += 1) work();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / calls);
  }
  return best;
}

const ratio = (one: number, other: number) => `${(one / other).toFixed(1)} x`;

async function benchParse(): Promise<void> {
  const table = fullTable(64, areaSize);
  const buffer = Buffer.from(table);
  const pass = cost(20_000, () => buffer.indexOf('vestige: not in it'));
  const parse = cost(20_000, () => parseBytes(table));
  const spelled = cost(2000, () => whole(table));
  console.log(`one pass of indexOf over ${areaSize} bytes: ${pass.toFixed(0)} ns`);
  console.log(`parse of 64 entries in them: ${ratio(parse, pass)} (target at most 10 x)`);
  console.log(`  with each GUID, usage and diagnostic spelled out: ${ratio(spelled, pass)}`);
  const start = process.hrtime.bigint();
  for (let call = 0; call < 1000; call += 1) await parseTable(bufferArea(table));
  const byPromise = Number(process.hrtime.bigint() - start) / 1000;
  console.log(`  the same through parseTable and its promise: ${ratio(byPromise, pass)}`);
}

function whole(table: Uint8Array): number {
  const { entries, kernelView, diagnostics } = parseBytes(table);
  return entries.length + kernelView.visible.length + diagnostics.length;
}

/** An area full of small entries of which Linux would look at the first 64. */
function denseArea(size: number, step: number): Uint8Array {
  const area = new Uint8Array(size);
  area.set(buildTable([]));
  const view = new DataView(area.buffer);
  for (let offset = headerBytes; offset + step <= size; offset += step) {
    area.set(randomBytes(16), offset);
    view.setUint32(offset + 16, step, true);
  }
  view.setUint32(16, size, true);
  return area;
}

function benchLinear(step: number): void {
  const perEntry = [4, 64, 1024, 16_384].map((kibibytes) => {
    const area = denseArea(kibibytes * 1024, step);
    const calls = Math.max(1, Math.round(16_384 / kibibytes));
    return { kibibytes, nanoseconds: cost(calls, () => parseBytes(area)) / (area.length / step) };
  });
  const [small] = perEntry;
  for (const { kibibytes, nanoseconds } of perEntry) {
    const against = small ? ratio(nanoseconds, small.nanoseconds) : '';
    console.log(`  ${kibibytes} KiB: ${nanoseconds.toFixed(1)} ns an entry, ${against} of 4 KiB`);
  }
}

async function benchWipe(count: number, size: number): Promise<void> {
  const file = path.join(tmpdir(), `vestige-bench-${process.pid}.bin`);
  const table = fullTable(count, size);
  await writeFile(file, table, { mode: 0o600 });
  const handle = await open(file, 'r+');
  try {
    console.log(`wipe of ${count} entries in a file of ${size} bytes (target at most 3 x):`);
    const blocking = blockingFileArea(handle.fd);
    console.log(`  by blocking calls (the CLI): ${await wipeAgainstFill(table, blocking)}`);
    const promised = await fileArea(handle);
    console.log(`  by promises (a service): ${await wipeAgainstFill(table, promised)}`);
  } finally {
    await handle.close();
    await rm(file);
  }
}

/**
 * Against `fill(0)` of as many bytes, written to the same file by one call of the same area, and one sync of it. Both are
 * measured in each round, in turns first, on a file that is full of secrets again and has nothing left to sync.
 */
async function wipeAgainstFill(table: Uint8Array, area: AreaWriter): Promise<string> {
  const zeros = Buffer.alloc(table.length);
  const fill = async (): Promise<number> => {
    const start = performance.now();
    zeros.fill(0);
    await area.write(0, zeros);
    const written = performance.now();
    await area.sync();
    syncs.push(performance.now() - written);
    return performance.now() - start;
  };
  const wipe = async (): Promise<number> => {
    const start = performance.now();
    await wipeAll(area);
    return performance.now() - start;
  };
  const [fills, syncs, ratios]: [number[], number[], number[]] = [[], [], []];
  const most = table.length > 1024 * 1024 ? rounds * 2 : rounds * 100;
  for (let round = 0; round < most; round += 1) {
    const costs = new Map<unknown, number>();
    for (const work of round % 2 === 0 ? [fill, wipe] : [wipe, fill]) {
      await area.write(0, table);
      await area.sync();
      costs.set(work, await work());
    }
    fills.push(costs.get(fill) ?? Infinity);
    ratios.push((costs.get(wipe) ?? Infinity) / (costs.get(fill) ?? 0));
  }
  const twoSyncs = (2 * median(syncs)) / median(fills);
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(ratios, share).toFixed(2));
  return `${middle} x of ${median(fills).toFixed(3)} ms, half of ${most} rounds in ${low} to ${high}; its two syncs alone ${twoSyncs.toFixed(2)} x`;
}

const median = (values: readonly number[]) => quantile(values, 0.5);

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length * share)] ?? Infinity;
}

await benchParse();
for (const step of [64, headerBytes]) {
  console.log(`parse of areas full of entries of ${step} bytes:`);
  benchLinear(step);
}
await benchWipe(64, areaSize);
await benchWipe(64, 16 * 1024 * 1024);
