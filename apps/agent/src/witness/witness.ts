import { causeOf, oneLine } from '../agent-error.ts';
import type { BackOff } from '../uplink/back-off.ts';
import { troubleOf } from '../uplink/trouble.ts';
import type { Wake } from '../wake.ts';
import { Check, type CheckOptions } from './check.ts';
import { dueConflict } from './conflicts.ts';
import { noteCharactersMax } from './judge.ts';
import { statusOf, type Unchecked, type WitnessStatus } from './witness-status.ts';

/** An agent that delivers every second must not ask for a proof every second. */
const checkMilliseconds = 10_000;

const detailMax = 500;

export interface WitnessOptions extends CheckOptions {
  readonly backOff: BackOff;
  /** Cuts a wait short. */
  readonly wake: Wake;
  readonly onChange: () => void;
  /** The least time from one check to the next. */
  readonly pauseMilliseconds?: number;
}

/**
 * Keeps the service to its word: each checkpoint must continue the one before. It works beside the uplink, one check at
 * a time; whatever it finds, nothing else waits for it.
 */
export class Witness {
  readonly #options: WitnessOptions;
  readonly #stopping = new AbortController();
  readonly #check: Check;
  /** The newest checkpoint that is not judged; those that it takes the place of never are. */
  #waiting: string | null = null;
  #judged: string | null = null;
  #unchecked: Unchecked | null = null;

  constructor(options: WitnessOptions) {
    this.#options = options;
    this.#check = new Check(options, this.#stopping.signal);
  }

  get status(): WitnessStatus {
    return statusOf(this.#options.file.state, this.#unchecked);
  }

  /** Takes what came with an answer of the service, and returns at once. */
  offer(note: string | null): void {
    if (note === null || note === this.#judged || note === this.#options.file.state.kept) return;
    this.#waiting = note.slice(0, noteCharactersMax + 1);
    this.#options.wake.set();
  }

  /** Checks until `stop`; never rejects. */
  async run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const { conflicts } = this.#options.file.state;
      const isIdle = this.#waiting === null && dueConflict(conflicts) === undefined;
      if (isIdle) await this.#options.wake.wait();
      else await this.#turn();
    }
  }

  stop(): void {
    this.#stopping.abort();
    this.#options.wake.set();
  }

  async #turn(): Promise<void> {
    const { backOff, onChange, pauseMilliseconds = checkMilliseconds } = this.#options;
    const note = this.#waiting;
    this.#waiting = null;
    let wait = pauseMilliseconds;
    try {
      await this.#check.recordDue();
      if (note !== null) await this.#check.run(note);
      this.#judged = note ?? this.#judged;
      this.#unchecked = null;
      backOff.reset();
    } catch (error) {
      this.#waiting ??= note;
      this.#putOff(error);
      wait = Math.max(wait, backOff.nextMilliseconds());
    }
    onChange();
    await this.#pause(wait);
  }

  /** Said once; the status keeps it for as long as it lasts. */
  #putOff(error: unknown): void {
    if (this.#stopping.signal.aborted) return;
    const trouble = troubleOf(error);
    const detail = oneLine('detail' in trouble ? trouble.detail : causeOf(error), detailMax);
    if (this.#unchecked === null) this.#options.log(`log: the check is put off: ${detail}`);
    this.#unchecked = { since: this.#unchecked?.since ?? new Date().toISOString(), detail };
  }

  /** A further checkpoint must not cut it short; a stop does. */
  async #pause(milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds;
    while (performance.now() < end && !this.#stopping.signal.aborted)
      await this.#options.wake.wait(end - performance.now());
  }
}
