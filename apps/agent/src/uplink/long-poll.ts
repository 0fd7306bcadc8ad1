import type { Wake } from '../wake.ts';
import type { BackOff } from './back-off.ts';
import type { LinkStateKeeper } from './link-state.ts';
import type { CallOptions } from './service-link.ts';
import { troubleOf } from './trouble.ts';

/** A service that answers faster than this, with nothing new, must not be asked without pause. */
const promptMilliseconds = 500;

interface Parts {
  readonly state: LinkStateKeeper;
  readonly backOff: BackOff;
  /** Cuts a wait short. */
  readonly wake: Wake;
}

/** Questions that the service may hold until it has news: one after the other, with pauses where it is away. */
export class LongPoll {
  readonly #parts: Parts;
  readonly #stopping = new AbortController();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  stop(): void {
    this.#stopping.abort();
    this.#parts.wake.set();
  }

  /**
   * Asks once, lets the answer be taken, and pauses unless another question may follow at once.
   * `take` says whether the answer was news.
   */
  async ask<A>(
    waitSeconds: number,
    call: (held: CallOptions) => Promise<A>,
    take: (answer: A) => Promise<boolean>,
  ): Promise<void> {
    const { state, backOff, wake } = this.#parts;
    const { signal } = this.#stopping;
    const started = performance.now();
    try {
      const answer = await call({ heldMilliseconds: waitSeconds * 1000, signal });
      state.set('connected');
      const isNews = await take(answer);
      if (isNews || performance.now() - started > promptMilliseconds) return backOff.reset();
    } catch (error) {
      if (signal.aborted) return;
      const trouble = troubleOf(error);
      if (trouble.kind === 'unreachable' || trouble.kind === 'refused')
        state.set(trouble.kind, trouble.detail);
    }
    await wake.wait(backOff.nextMilliseconds());
  }
}
