import { policies as policiesEndpoint } from '@vestige/contract';

import type { BackOff } from '../uplink/back-off.ts';
import type { LinkStateKeeper } from '../uplink/link-state.ts';
import type { ServiceLink } from '../uplink/service-link.ts';
import { troubleOf } from '../uplink/trouble.ts';
import type { Wake } from '../wake.ts';
import type { Saved } from './policy-file.ts';

const waitSeconds = 25;

export interface PolicyLoopOptions {
  readonly guest: string;
  readonly link: Pick<ServiceLink, 'call'>;
  /** The version that the guest has. */
  readonly version: () => number;
  readonly take: (saved: Saved) => Promise<void>;
  readonly state: LinkStateKeeper;
  readonly backOff: BackOff;
  /** Cuts a wait short. */
  readonly wake: Wake;
}

/** Asks for the guest's policies, and again whenever they may have changed. No reader waits for it. */
export class PolicyLoop {
  readonly #options: PolicyLoopOptions;
  readonly #stopping = new AbortController();

  constructor(options: PolicyLoopOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    while (!this.#stopping.signal.aborted) await this.#ask();
  }

  stop(): void {
    this.#stopping.abort();
    this.#options.wake.set();
  }

  async #ask(): Promise<void> {
    const { link, guest, version, take, state, backOff, wake } = this.#options;
    const started = performance.now();
    const after = version();
    try {
      const answer = await link.call(
        policiesEndpoint,
        { query: { after, wait: waitSeconds } },
        { heldMilliseconds: waitSeconds * 1000, signal: this.#stopping.signal },
      );
      state.set('connected');
      const policies = answer.policies ?? (answer.version === -1 ? [] : null);
      if (policies !== null) await take({ guest, version: answer.version, policies });
      // A service that answers at once with nothing new must not be asked without pause.
      if (answer.version > after || performance.now() - started > 500) return backOff.reset();
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      const trouble = troubleOf(error);
      if (trouble.kind === 'unreachable' || trouble.kind === 'refused')
        state.set(trouble.kind, trouble.detail);
    }
    await wake.wait(backOff.nextMilliseconds());
  }
}
