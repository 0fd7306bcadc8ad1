import type { Boot } from './boot.ts';
import type { BootLedger } from './ledger/boot-ledger.ts';
import { detectPlatform } from './platform.ts';
import type { Records } from './records.ts';
import { moduleState } from './source/secret-module.ts';
import { version } from './version.ts';

/**
 * What the agent says first: the boot, itself, and the time that it could not observe. A start that was killed half-way
 * is completed by the next.
 */
export async function recordStart(
  boot: Boot,
  records: Records,
  ledger: BootLedger,
  mode: 'observe' | 'enforce' = 'observe',
): Promise<{ resumed: boolean }> {
  const { hasBooted, hasStarted, hasPriorGap, lastAt } = ledger.read();
  if (!hasBooted) await recordBoot(boot, records);
  await records.record('agent.started', { version, mode, resumed: hasStarted });
  if (hasPriorGap) await recordDowntime(lastAt, records);
  else await recordPriorGap(boot.bootedAt, records);
  return { resumed: hasStarted };
}

async function recordBoot(boot: Boot, records: Records): Promise<void> {
  const { bootedAt, kernel, hostname } = boot;
  const [platform, module] = await Promise.all([detectPlatform(), moduleState()]);
  await records.record('guest.booted', { bootedAt, kernel, hostname, platform, module });
}

/** Whoever read a secret before nobody knows: prior access is unknown. */
async function recordPriorGap(from: string, records: Records): Promise<void> {
  const data = { from, until: records.now(), lost: null, source: null };
  await records.record('agent.gap', { reason: 'before-agent-start', ...data });
}

async function recordDowntime(lastAt: string | null, records: Records): Promise<void> {
  const until = records.now();
  const isBackwards = lastAt !== null && Date.parse(until) < Date.parse(lastAt);
  if (isBackwards) await records.recordClockBackwards(lastAt);
  const data = { from: isBackwards ? null : lastAt, until, lost: null, source: null };
  await records.record('agent.gap', { reason: 'agent-down', ...data });
}
