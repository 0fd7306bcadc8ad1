import { type Answer, observe } from '@vestige/contract';

import { JournalError } from '../journal/journal-error.ts';
import type { JournalView } from '../journal/journal-view.ts';
import type { Wake } from '../wake.ts';
import type { BackOff } from './back-off.ts';
import { type Batch, nextBatch } from './batch.ts';
import type { JoinState } from './join-state.ts';
import type { LinkStateKeeper } from './link-state.ts';
import type { ServiceLink } from './service-link.ts';
import { troubleOf } from './trouble.ts';

/** Records that come together go together. */
const gatherMilliseconds = 20;

/** Beside the back-off, while it is for a person to decide whose identity this is. */
const quarantineMilliseconds = 30_000;

export interface UplinkOptions {
  readonly link: Pick<ServiceLink, 'call'>;
  readonly journal: JournalView;
  /** Lets the journal drop what the service has. */
  readonly acknowledge: (boot: string, through: number) => Promise<void>;
  /** Takes the checkpoint that came with an answer; must return at once. */
  readonly offerCheckpoint: (note: string | null) => void;
  readonly joinState: JoinState;
  readonly state: LinkStateKeeper;
  readonly backOff: BackOff;
  readonly quarantineMilliseconds?: number;
  /** Set when there is a new record, or to cut a wait short. */
  readonly wake: Wake;
}

/** Delivers the journal in order and without holes, until the service has acknowledged all of it. */
export class Uplink {
  readonly #options: UplinkOptions;
  /** Where the service asked to begin again, by boot. */
  readonly #sendFrom = new Map<string, number>();
  #stopAt: number | null = null;

  constructor(options: UplinkOptions) {
    this.#options = options;
  }

  /** Delivers until `stop`, and then what is left, as long as the time that `stop` gave. Ends early only on a conflict or a damaged journal. */
  async run(): Promise<void> {
    const { wake } = this.#options;
    while (!this.#isOver()) {
      const batch = this.#nextBatch();
      if (batch === 'damaged') return;
      if (batch === null && this.#stopAt !== null) return;
      if (batch === null) await this.#gather();
      else if (!(await this.#deliver(batch))) return;
    }
    wake.set();
  }

  #nextBatch(): Batch | null | 'damaged' {
    try {
      return nextBatch(this.#options.journal, this.#sendFrom);
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      this.#stand(error.message);
      return 'damaged';
    }
  }

  stop(withinMilliseconds: number): void {
    this.#stopAt = performance.now() + withinMilliseconds;
    this.#options.backOff.reset();
    this.#options.wake.set();
  }

  #isOver(): boolean {
    return this.#timeLeft() === 0;
  }

  async #gather(): Promise<void> {
    await this.#options.wake.wait();
    if (this.#stopAt === null)
      await new Promise((resolve) => setTimeout(resolve, gatherMilliseconds));
  }

  /** False where nothing may be sent any more. */
  async #deliver(batch: Batch): Promise<boolean> {
    const { offerCheckpoint, state } = this.#options;
    try {
      const { ackedThrough, checkpoint } = await this.#say(batch);
      state.set('connected');
      offerCheckpoint(checkpoint);
      return await this.#settle(batch, ackedThrough);
    } catch (error) {
      return this.#recover(batch, error);
    }
  }

  /** Keeps the next join state before anything else is made of the answer, so that a lost one is one that was never heard. */
  async #say(batch: Batch): Promise<Answer<typeof observe>> {
    const { link, joinState } = this.#options;
    const shown = await joinState.shown();
    // A service that knows no join states gives none, and would refuse one.
    const body = shown === null ? batch : { ...batch, joinState: shown };
    const answer = await link.call(observe, { body }, this.#patience());
    await joinState.keep(answer.joinState ?? null);
    return answer;
  }

  async #recover(batch: Batch, error: unknown): Promise<boolean> {
    const { state, backOff } = this.#options;
    const trouble = troubleOf(error);
    if (trouble.kind === 'conflict') return this.#stand(trouble.detail);
    if (trouble.kind === 'gap') return this.#settle(batch, trouble.ackedThrough);
    state.set(trouble.kind, trouble.detail);
    const { quarantineMilliseconds: longer = quarantineMilliseconds } = this.#options;
    const least = trouble.isQuarantine === true ? longer : 0;
    await this.#wait(least + backOff.nextMilliseconds());
    return true;
  }

  /** Goes on after what the service says it has, which is the truth also where it is less than was sent. */
  async #settle(batch: Batch, ackedThrough: number): Promise<boolean> {
    const { journal, acknowledge, backOff } = this.#options;
    const part = journal.boots().find(({ boot }) => boot === batch.boot);
    if (part === undefined) return true;
    if (ackedThrough >= part.nextSeq)
      return this.#stand(
        `The service has records of boot ${batch.boot} up to ${ackedThrough}, this agent only up to ${part.nextSeq - 1}.`,
      );
    if (ackedThrough + 1 < part.firstSeq)
      return this.#stand(
        `The service has records of boot ${batch.boot} only up to ${ackedThrough}; those before ${part.firstSeq} are no longer kept here.`,
      );
    if (ackedThrough > part.ackedThrough) await acknowledge(batch.boot, ackedThrough);
    this.#sendFrom.set(batch.boot, ackedThrough + 1);
    if (ackedThrough >= batch.firstSeq) backOff.reset();
    else await this.#wait(backOff.nextMilliseconds());
    return true;
  }

  /** Nothing is dropped and nothing is sent: a person has to find out who else writes under this identity. */
  #stand(detail: string): boolean {
    this.#options.state.set('conflict', `${detail} Nothing is sent any more; the journal is kept.`);
    return false;
  }

  /** A new record must not cut the back-off short; a stop does, for one more attempt. */
  async #wait(milliseconds: number): Promise<void> {
    const stopAt = this.#stopAt;
    const end = performance.now() + Math.min(milliseconds, this.#timeLeft());
    while (performance.now() < end && this.#stopAt === stopAt)
      await this.#options.wake.wait(end - performance.now());
  }

  #timeLeft(): number {
    return this.#stopAt === null ? Infinity : Math.max(0, this.#stopAt - performance.now());
  }

  #patience(): { signal?: AbortSignal } {
    if (this.#stopAt === null) return {};
    return { signal: AbortSignal.timeout(Math.ceil(this.#timeLeft())) };
  }
}
