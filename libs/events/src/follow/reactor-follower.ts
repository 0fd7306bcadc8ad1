import type { Database } from 'better-sqlite3';

import type { Writer } from '../store/writer.ts';
import { FollowerPosition } from './follower-position.ts';
import type { Reactor, ReactorContext } from './reactor.ts';

const batchEvents = 500;
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

  /** Takes the next events before `end`; one that fails is tried again when the log grows. */
  async step(end: number): Promise<void> {
    const limit = Math.min(batchEvents, end - this.#position);
    const batch = await this.#context.store.read(this.#position, limit);
    let reactions = 0;
    try {
      for (const recorded of batch) {
        if (this.reactor.types.includes(recorded.event.type)) {
          await this.reactor.react(recorded, this.#context);
          reactions += 1;
        }
        this.#position = recorded.position + 1;
      }
      this.failure = null;
    } catch (error) {
      this.failure = error as Error;
    }
    if (reactions > 0 || this.#position - this.#storedPosition > idleEventsMax) this.#keep();
  }

  #keep(): void {
    this.#writer.runDerived(() => this.#stored.store(this.#position));
    this.#storedPosition = this.#position;
  }
}
