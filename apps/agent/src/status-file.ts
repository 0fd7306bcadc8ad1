import { join } from 'node:path';

import type { SourceReport } from '@vestige/contract';

import { readJson, writeDurable } from './durable-file.ts';
import { startTimeOf } from './observe/identify.ts';
import type { LinkState } from './uplink/link-state.ts';
import { emptyWitnessStatus, type WitnessStatus } from './witness/witness-status.ts';

/** What a running agent says of itself, for `vestige-agent status`. */
export interface Status {
  readonly version: string;
  readonly pid: number;
  readonly startTime: number | null;
  readonly api: string;
  readonly guest: string | null;
  readonly name: string | null;
  readonly boot: string;
  readonly startedAt: string;
  readonly updatedAt: string;
  readonly uplink: LinkState;
  readonly orders: LinkState;
  /** Records that are durable here and not acknowledged yet. */
  readonly pending: number;
  readonly lastSeq: number;
  readonly openOrders: number;
  readonly witness: WitnessStatus;
  readonly presentSecrets: number;
  readonly sources: readonly SourceReport[];
}

function statusPath(stateDir: string): string {
  return join(stateDir, 'status.json');
}

const leastMilliseconds = 1000;

/** Writes the status when something changed, at most once a second. */
export class StatusFile {
  readonly #path: string;
  readonly #read: () => Status;
  #timer: NodeJS.Timeout | undefined;

  constructor(stateDir: string, read: () => Status) {
    this.#path = statusPath(stateDir);
    this.#read = read;
  }

  changed(): void {
    this.#timer ??= setTimeout(() => void this.#write(), leastMilliseconds);
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#write();
  }

  /** A status that cannot be written must not stop what it tells of. */
  async #write(): Promise<void> {
    this.#timer = undefined;
    await writeDurable(this.#path, `${JSON.stringify(this.#read(), null, 2)}\n`).catch(() => {});
  }
}

export interface FoundStatus extends Status {
  readonly running: boolean;
}

/** The last status of an agent, and whether that agent still runs; null where none ever ran. */
export async function readStatus(stateDir: string): Promise<FoundStatus | null> {
  const saved = await readJson(statusPath(stateDir));
  if (saved === null || typeof saved !== 'object') return null;
  // Written by this program, and only shown; an earlier one did not witness.
  const known = saved as Omit<Status, 'witness'> & { readonly witness?: WitnessStatus };
  const status: Status = { ...known, witness: known.witness ?? emptyWitnessStatus };
  const startTime = startTimeOf(status.pid);
  return { ...status, running: startTime !== null && startTime === status.startTime };
}
