import { readFile, stat } from 'node:fs/promises';
import { hostname, release } from 'node:os';

import { BootId } from '@vestige/contract';

import { AgentError, causeOf } from './agent-error.ts';

/** This boot of the guest. */
export interface Boot {
  readonly id: BootId;
  /** RFC 3339. */
  readonly bootedAt: string;
  readonly kernel: string;
  readonly hostname: string;
}

const kernelsBootId = '/proc/sys/kernel/random/boot_id';

/**
 * The kernel's boot, or, where a file is named, a boot played by that file: its text is the boot's id and its time of
 * change the time of boot.
 */
export async function readBoot(playedBy?: string): Promise<Boot> {
  const path = playedBy ?? kernelsBootId;
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new AgentError('usage', `Cannot read the boot id from ${path}: ${causeOf(error)}.`);
  });
  const id = BootId.safeParse(text.trim());
  if (!id.success)
    throw new AgentError('usage', `${path} holds no boot id (a UUID in lower case).`);
  const bootedAt = playedBy === undefined ? await kernelsBootTime() : (await stat(path)).mtime;
  return {
    id: id.data,
    bootedAt: bootedAt.toISOString(),
    kernel: `Linux ${release()}`.slice(0, 256),
    hostname: hostname().slice(0, 253),
  };
}

/** proc_stat(5): `btime` is the time of boot in seconds since the epoch. */
async function kernelsBootTime(): Promise<Date> {
  const seconds = /^btime (\d+)$/m.exec(await readFile('/proc/stat', 'utf8'))?.[1];
  return new Date(Number(seconds ?? 0) * 1000);
}
