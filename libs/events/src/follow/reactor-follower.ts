import type { Recorded } from '../entry.ts';
import type { FollowerDatabase, Reacted } from './follower-database.ts';
import type { Reactor, ReactorContext } from './reactor.ts';

const batchEvents = 500;
/** Requests are served after so many reactions, each of which asks the views. */
const reactionsAtOnce = 20;

/** Drives one reactor behind the views, at least once over each event. */
export class ReactorFollower {
  readonly reactor: Reactor;
  readonly #context: ReactorContext;
  readonly #database: FollowerDatabase;
  /** It has seen to every event before this position, here or elsewhere. */
  position = 0;
  failure: Error | null = null;

  constructor(database: FollowerDatabase, reactor: Reactor, context: ReactorContext) {
    this.reactor = reactor;
    this.#context = context;
    this.#database = database;
  }

  get name(): string {
    return this.reactor.name;
  }

  /** Takes the next events before `end`; one that fails is to be tried again by the next call. */
  async step(end: number): Promise<void> {
    try {
      await this.#database.hold(this.reactor.name, (from) => this.#take(from, end));
    } catch (error) {
      this.failure = error as Error;
    }
  }

  async #take(from: number, end: number): Promise<Reacted> {
    this.position = from;
    const limit = Math.min(batchEvents, end - from);
    const batch = limit > 0 ? await this.#context.store.read(from, limit) : [];
    const matters = new Set<string>();
    let reactions = 0;
    try {
      for (const recorded of batch) {
        if (this.#needsReaction(recorded, matters))
          reactions = await this.#react(recorded, reactions);
        this.position = recorded.position + 1;
      }
      this.failure = null;
    } catch (error) {
      this.failure = error as Error;
    }
    return { position: this.position, isWorthKeeping: reactions > 0 };
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
}
