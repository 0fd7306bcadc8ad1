import type { Database } from 'better-sqlite3';

import type { Recorded } from '../entry.ts';
import type { Writer } from '../store/writer.ts';
import { FollowerPosition } from './follower-position.ts';
import type { Reactor, ReactorContext } from './reactor.ts';

const batchEvents = 500;
/** Requests are served after so many reactions, each of which asks the views. */
const reactionsAtOnce = 20;
/** So far it may run ahead of what is stored of its position when nothing concerned it. */
const idleEventsMax = 10_000;

/** Drives one reactor behind the views, at least once over each event. */
export class ReactorFollower {
  readonly reactor: Reactor;
  readonly #context: ReactorContext;
  readonly #writer: Writer;
  readonly #stored: FollowerPosition;
  #position: number;
  #storedPosition: number;
  failure: Error | null = null;

  constructor(db: Database, writer: Writer, reactor: Reactor, context: ReactorContext) {
    this.reactor = reactor;
    this.#context = context;
    this.#writer = writer;
    this.#stored = new FollowerPosition(db, reactor.name);
    this.#position = this.#stored.load();
    this.#storedPosition = this.#position;
  }

  get position(): number {
    return this.#position;
  }

  /** Takes the next events before `end`; one that fails is to be tried again by the next call. */
  async step(end: number): Promise<void> {
    const limit = Math.min(batchEvents, end - this.#position);
    const batch = await this.#context.store.read(this.#position, limit);
    const matters = new Set<string>();
    let reactions = 0;
    try {
      for (const recorded of batch) {
        if (this.#needsReaction(recorded, matters))
          reactions = await this.#react(recorded, reactions);
        this.#position = recorded.position + 1;
      }
      this.failure = null;
    } catch (error) {
      this.failure = error as Error;
    }
    if (reactions > 0 || this.#position - this.#storedPosition > idleEventsMax) this.#keep();
  }

  async #react(recorded: Recorded, before: number): Promise<number> {
    await this.reactor.react(recorded, this.#context);
    const reactions = before + 1;
    if (reactions % reactionsAtOnce === 0) await new Promise((resolve) => setImmediate(resolve));
    return reactions;
  }

  #needsReaction(recorded: Recorded, matters: Set<string>): boolean {
    if (!this.reactor.types.includes(recorded.event.type)) return false;
    const matter = this.reactor.matterOf?.(recorded) ?? null;
    if (matter === null) return true;
    const isNew = !matters.has(matter);
    matters.add(matter);
    return isNew;
  }

  #keep(): void {
    this.#writer.runDerived(() => this.#stored.store(this.#position));
    this.#storedPosition = this.#position;
  }
}
