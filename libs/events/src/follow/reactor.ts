import type { EventType } from '@vestige/contract';
import type { DataSource } from 'typeorm';

import type { Recorded } from '../entry.ts';
import type { EventStore } from '../store/store.ts';

/** What a reactor may use: the log to append to, and views that show at least the event it reacts to. */
export interface ReactorContext {
  readonly store: EventStore;
  readonly dataSource: DataSource;
}

/** Answers events with further ones. It may see an event twice, so it must not matter. */
export interface Reactor {
  readonly name: string;
  readonly types: readonly EventType[];
  /**
   * Events of one batch with the same matter need one reaction, as the views show the whole batch at the first of them
   * already; null, or no such function, is a matter of its own.
   */
  matterOf?(recorded: Recorded): string | null;
  react(recorded: Recorded, context: ReactorContext): Promise<void>;
}
