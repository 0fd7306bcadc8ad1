import type { Observable } from 'rxjs';

import type { Decider, DecisionContext } from '../decider.ts';
import type { NewEvent, Recorded } from '../entry.ts';

/** Where an event is in the log, and whether this call put it there. */
export interface Appended {
  readonly position: number;
  readonly isNew: boolean;
}

/**
 * The only truth: an append-only log with dense, zero-based positions.
 * Promises settle after the commit, never before.
 */
export interface EventStore {
  /** Appends facts, all or none. A known id is not appended again: it answers its old position. */
  append(facts: readonly NewEvent[]): Promise<Appended[]>;
  /**
   * Loads the stream, decides, and appends what was decided if the stream has not moved since; else decides again.
   * @throws Refusal where the decider says no.
   */
  decide<S, C>(
    decider: Decider<S, C>,
    stream: string,
    command: C,
    context: DecisionContext,
  ): Promise<Appended[]>;
  /** Events from a position on, ascending; of one stream where it is given. */
  read(from: number, limit: number, stream?: string): Promise<Recorded[]>;
  /** Where the event with this id is; null where it is not in the log. Never behind what was acknowledged. */
  positionOf(id: string): Promise<number | null>;
  /** The exact bytes of one entry; null where the log does not reach so far. */
  entry(position: number): Promise<Uint8Array | null>;
  /** The exact bytes of consecutive entries from a position on: as many as the log has, at most `limit`. */
  entries(from: number, limit: number): Promise<Uint8Array[]>;
  /** How many entries there are, which is the next position. */
  size(): Promise<number>;
  /** The new size, after each commit that added something. */
  readonly grew: Observable<number>;
  close(): Promise<void>;
}
