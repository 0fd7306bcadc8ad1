import type { Actor, Event, EventData, EventType } from '@vestige/contract';

/** What a decision says happened; the store adds the rest. */
export type Decision<T extends EventType = EventType> = {
  [K in T]: { readonly type: K; readonly data: EventData<K> };
}[T];

/** A stream's rules as pure functions. `decide` throws a `Refusal` where the answer is no. */
export interface Decider<S, C> {
  readonly initial: S;
  decide(command: C, state: S): readonly Decision[];
  evolve(state: S, event: Event): S;
}

/** In whose name, and when (now, where it is left out). */
export interface DecisionContext {
  readonly actor: Actor;
  readonly at?: string;
}

export type RefusalCode =
  | 'wipe-exists'
  | 'wipe-unknown'
  | 'wipe-without-targets'
  | 'wipe-too-late'
  | 'wipe-completed'
  | 'wipe-delivered'
  | 'guid-undeclared';

/** A command was understood and the answer is no. */
export class Refusal extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, detail: string) {
    super(detail);
    this.name = 'Refusal';
    this.code = code;
  }
}
