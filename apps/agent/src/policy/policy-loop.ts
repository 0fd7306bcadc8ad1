import { policies as policiesEndpoint } from '@vestige/contract';

import type { BackOff } from '../uplink/back-off.ts';
import type { LinkStateKeeper } from '../uplink/link-state.ts';
import { LongPoll } from '../uplink/long-poll.ts';
import type { ServiceLink } from '../uplink/service-link.ts';
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
  readonly #poll: LongPoll;

  constructor(options: PolicyLoopOptions) {
    this.#options = options;
    this.#poll = new LongPoll(options);
  }

  async run(): Promise<void> {
    while (!this.#poll.isStopped) await this.#ask();
  }

  stop(): void {
    this.#poll.stop();
  }

  async #ask(): Promise<void> {
    const { link, guest, version, take } = this.#options;
    const after = version();
    await this.#poll.ask(
      waitSeconds,
      (held) => link.call(policiesEndpoint, { query: { after, wait: waitSeconds } }, held),
      async (answer) => {
        const policies = answer.policies ?? (answer.version === -1 ? [] : null);
        if (policies !== null) await take({ guest, version: answer.version, policies });
        return answer.version > after;
      },
    );
  }
}
