import { readFile } from 'node:fs/promises';

import { type Check, fail, ok, warn } from './check.ts';

/** The program's own needs: Node, rights, memory, a clock. */
export async function checkMachine(): Promise<Check[]> {
  const [status, memory, stat] = await Promise.all(
    ['/proc/self/status', '/proc/meminfo', '/proc/stat'].map((path) =>
      readFile(path, 'utf8').catch(() => ''),
    ),
  );
  return [
    checkNode(process.versions.node),
    checkRights(status ?? ''),
    checkMemory(memory ?? ''),
    checkClock(Date.now(), stat ?? ''),
  ];
}

const nodeMajor = 20;
const nodeMinor = 19;

export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = major > nodeMajor || (major === nodeMajor && minor >= nodeMinor);
  return isEnough
    ? ok('node', `Node ${version} runs the agent.`)
    : fail(
        'node',
        `Node ${version} is too old.`,
        `Install Node ${nodeMajor}.${nodeMinor} or later.`,
      );
}

/** Bits of capability.h. */
const needed: readonly (readonly [string, bigint, string])[] = [
  ['CAP_SYS_ADMIN', 21n, 'fanotify'],
  ['CAP_SYS_PTRACE', 19n, 'what program a reader is'],
  ['CAP_DAC_READ_SEARCH', 2n, 'which processes hold a wiped secret open'],
];

/** proc_pid_status(5): `CapEff` in hexadecimal. */
export function checkRights(status: string): Check {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  const missing = needed.filter(([, bit]) => (effective & (1n << bit)) === 0n);
  if (missing.length === 0) return ok('rights', 'The process has the capabilities that it needs.');
  const list = missing.map(([name, , what]) => `${name} (${what})`).join(', ');
  return warn('rights', `Capabilities are missing: ${list}.`, 'Run the agent as root with them.');
}

const memoryMegabytes = 128;

/** proc_meminfo(5). */
export function checkMemory(text: string): Check {
  const kilobytes = /^MemAvailable:\s*(\d+) kB$/m.exec(text)?.[1];
  if (kilobytes === undefined)
    return warn('memory', 'How much memory is free cannot be told.', `Keep ${memoryMegabytes} MB.`);
  const megabytes = Math.floor(Number(kilobytes) / 1024);
  return megabytes >= memoryMegabytes
    ? ok('memory', `${megabytes} MB of memory are available; the agent needs 90.`)
    : warn('memory', `Only ${megabytes} MB of memory are available.`, 'The agent needs 90 MB.');
}

/** No agent is older than this version of it. */
const earliest = Date.parse('2026-01-01T00:00:00Z');

/** proc_stat(5): `btime` is the time of boot in seconds since the epoch. */
export function checkClock(now: number, stat: string): Check {
  const bootedAt = Number(/^btime (\d+)$/m.exec(stat)?.[1] ?? 0) * 1000;
  const shown = new Date(now).toISOString();
  const advice =
    'Start a time service before the agent; until then the service corrects the times.';
  if (now < earliest) return fail('clock', `The clock is wrong: it shows ${shown}.`, advice);
  if (bootedAt > now + 1000)
    return warn('clock', `The clock shows ${shown}, which is before the boot.`, advice);
  return ok('clock', `The clock shows ${shown}, which can be.`);
}
