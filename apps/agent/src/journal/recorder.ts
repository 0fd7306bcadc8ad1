import type { Observation } from '@vestige/contract';

import { JournalError } from './journal-error.ts';
import type { Journal } from './journal.ts';

/** Writes to a journal and, where that is full, tells so in the journal itself: when it began, and what was lost. */
export class Recorder {
  readonly #journal: Journal;
  readonly #now: () => string;
  #fullSince: string | null = null;
  #lost = 0;

  constructor(journal: Journal, now: () => string) {
    this.#journal = journal;
    this.#now = now;
  }

  /**
   * The seq of the batch's first record. Throws a JournalError with code `full` where there is no room for it, and then
   * counts as lost what nobody will append again.
   */
  record(batch: readonly Observation[], lostWhereFull = batch.length): number {
    try {
      return this.#append(batch, lostWhereFull);
    } finally {
      this.#tellDamage();
    }
  }

  /** Tells what was lost as soon as there is room again, without waiting for the next observation. */
  recover(): void {
    if (this.#fullSince === null) this.#tellDamage();
    else this.record([]);
  }

  #append(batch: readonly Observation[], lostWhereFull: number): number {
    const closing = this.#closingGap();
    try {
      const firstSeq = this.#journal.append([...closing, ...batch]);
      this.#fullSince = null;
      this.#lost = 0;
      return firstSeq + closing.length;
    } catch (error) {
      if (error instanceof JournalError && error.code === 'full') this.#fill(lostWhereFull);
      throw error;
    }
  }

  /** Where it does not fit it is told with what is recorded next. */
  #tellDamage(): void {
    try {
      this.#journal.tellDamage(this.#now());
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
    }
  }

  #fill(lost: number): void {
    this.#lost += lost;
    if (this.#fullSince !== null) return;
    this.#fullSince = this.#now();
    try {
      this.#journal.append([this.#gap(this.#fullSince, null, null)], { intoReserve: true });
    } catch (error) {
      /** On a full disk not even this fits; the gap is told when there is room again. */
      if (!(error instanceof JournalError)) throw error;
    }
  }

  #closingGap(): Observation[] {
    return this.#fullSince === null ? [] : [this.#gap(this.#fullSince, this.#now(), this.#lost)];
  }

  #gap(from: string, until: string | null, lost: number | null): Observation {
    const data = { reason: 'journal-full' as const, from, until, lost, source: null };
    return { type: 'agent.gap', at: this.#now(), data };
  }
}
