import { randomUUID } from 'node:crypto';

import type { Decider, Decision, DecisionContext } from '../decider.ts';
import type { NewEvent } from '../entry.ts';
import { EventsError } from '../error.ts';
import type { Appended, EventStore } from './store.ts';

const attemptsMax = 32;
const pageEvents = 1000;

/** What deciding needs of a store. */
export interface Deciding {
  readonly clock: () => Date;
  readonly read: EventStore['read'];
  /** Null, and nothing is appended, where the stream has an event after `last`. */
  appendAfter(
    last: number,
    stream: string,
    events: readonly NewEvent[],
  ): Promise<Appended[] | null>;
}

/** Folds the stream, decides, and appends if nothing came into the stream meanwhile; else once more with what came. */
export async function decideOn<S, C>(
  store: Deciding,
  decider: Decider<S, C>,
  stream: string,
  command: C,
  context: DecisionContext,
): Promise<Appended[]> {
  let seen: Folded<S> = { state: decider.initial, last: -1 };
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    seen = await fold(store, decider, stream, seen);
    const decided = decider.decide(command, seen.state);
    if (decided.length === 0) return [];
    const at = context.at ?? store.clock().toISOString();
    const events = decided.map((decision) => eventOf(decision, stream, at, context));
    const appended = await store.appendAfter(seen.last, stream, events);
    if (appended !== null) return appended;
  }
  throw new EventsError('stream-contended', `${stream} moved ${attemptsMax} times.`);
}

interface Folded<S> {
  readonly state: S;
  readonly last: number;
}

async function fold<S, C>(
  { read }: Deciding,
  decider: Decider<S, C>,
  stream: string,
  from: Folded<S>,
): Promise<Folded<S>> {
  let { state, last } = from;
  for (;;) {
    const page = await read(last + 1, pageEvents, stream);
    for (const { position, event } of page) {
      state = decider.evolve(state, event);
      last = position;
    }
    if (page.length < pageEvents) return { state, last };
  }
}

function eventOf(
  decision: Decision,
  stream: string,
  at: string,
  { actor }: DecisionContext,
): NewEvent {
  return { ...decision, id: randomUUID(), stream, at, actor };
}
