import { endpoints, pathOf } from '@vestige/contract';

import type { Received, Sent } from './send.ts';
import { TestAgent } from './test-agent.ts';

/** A test agent that keeps the join state which it is given, and shows it, as real ones do. */
export class JoinedAgent extends TestAgent {
  joinState: string | null = null;

  override async enrol(token: string, name?: string): Promise<Received> {
    return this.keep(await super.enrol(token, name));
  }

  override batch(firstSeq: number, observations: readonly unknown[], boot = this.boot): Sent {
    const { joinState } = this;
    const shown = joinState === null ? {} : { joinState };
    return this.signed('POST', endpoints.observe.path, { boot, firstSeq, observations, ...shown });
  }

  override async observe(
    firstSeq: number,
    observations: readonly unknown[],
    boot = this.boot,
  ): Promise<Received> {
    return this.keep(await this.send(this.batch(firstSeq, observations, boot)));
  }

  policies(after: number, wait: number): Promise<Received> {
    return this.send(this.signed('GET', pathOf(endpoints.policies, { query: { after, wait } })));
  }

  /** The same guest once more, as of now; at another replica where an address is given. */
  copy(base = this.base): JoinedAgent {
    return Object.assign(Object.create(this) as JoinedAgent, { base, joinState: this.joinState });
  }

  private keep(answer: Received): Received {
    if (answer.status < 300) this.joinState = answer.json.joinState ?? this.joinState;
    return answer;
  }
}
