import { randomUUID } from 'node:crypto';

import type { Observation } from '@vestige/contract';

import type { Ingest } from '../write/ingest.ts';

const batchMax = 3;

/** A batch as it is under way. */
export interface Said {
  readonly boot: string;
  readonly firstSeq: number;
  readonly observations: Observation[];
  readonly joinState?: string;
}

/** What came of it, as far as the guest hears. */
export type Heard = Awaited<ReturnType<Ingest['observe']>> | 'nothing' | 'refused';

interface Boot {
  readonly id: string;
  readonly observations: Observation[];
  ackedThrough: number;
}

/** A guest as its state directory tells it: a journal by boot, and the join state that was kept last. */
export class GuestModel {
  joinState: string | null = null;
  isRefused = false;
  private boots: Boot[] = [];

  constructor() {
    this.reboot();
  }

  /** Memory is lost, and a new boot begins; what is not acknowledged of the earlier ones is still to be said. */
  reboot(): void {
    this.boots.push({ id: randomUUID(), observations: [], ackedThrough: -1 });
    this.record();
  }

  record(): void {
    const at = '2026-01-01T00:00:00.000Z';
    const data = { reason: randomUUID() };
    this.boots.at(-1)?.observations.push({ type: 'agent.stopped', at, data });
  }

  /** The next batch, the oldest boot's first; null where all is acknowledged. */
  next(): Said | null {
    const boot = this.boots.find(
      ({ ackedThrough, observations }) => ackedThrough + 1 < observations.length,
    );
    if (boot === undefined) return null;
    const firstSeq = boot.ackedThrough + 1;
    const observations = boot.observations.slice(firstSeq, firstSeq + batchMax);
    const shown = this.joinState === null ? {} : { joinState: this.joinState };
    return { boot: boot.id, firstSeq, observations, ...shown };
  }

  /** Keeps the state first, and then drops what was acknowledged, unless it dies in between. */
  hear({ boot: id }: Said, heard: Heard, diesInBetween = false): void {
    this.isRefused = heard === 'refused';
    if (typeof heard === 'string') return;
    this.joinState = heard.joinState ?? this.joinState;
    const boot = this.boots.find((one) => one.id === id);
    if (boot === undefined || diesInBetween) return;
    const has = boot.observations.length - 1;
    // It has forgotten what it said, and stands still.
    if (heard.ackedThrough > has) this.isRefused = true;
    boot.ackedThrough = Math.max(boot.ackedThrough, Math.min(heard.ackedThrough, has));
  }

  /** Everything that it ever recorded, by boot. */
  get journal(): readonly { id: string; observations: readonly Observation[] }[] {
    return this.boots;
  }

  copy(): GuestModel {
    const copy = new GuestModel();
    copy.boots = structuredClone(this.boots);
    copy.joinState = this.joinState;
    return copy;
  }
}
