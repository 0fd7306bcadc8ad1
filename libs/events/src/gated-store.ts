import type { EventStore } from './store/store.ts';

/** Called before every append; throws where nothing may be appended, and may wait until that is known. */
export type Gate = () => Promise<void>;

/** A store that asks at the gate before it appends; reading is free. */
export function gatedStore(store: EventStore, gate: Gate): EventStore {
  return {
    async append(facts) {
      await gate();
      return store.append(facts);
    },
    async decide(decider, stream, command, context) {
      await gate();
      return store.decide(decider, stream, command, context);
    },
    read: (from, limit, stream) => store.read(from, limit, stream),
    entries: (from, limit) => store.entries(from, limit),
    positionOf: (id) => store.positionOf(id),
    entry: (position) => store.entry(position),
    size: () => store.size(),
    grew: store.grew,
    close: () => store.close(),
  };
}
