import { setTimeout as delay } from 'node:timers/promises';

import { firstValueFrom } from 'rxjs';

import type { Recorded } from '../entry.ts';
import type { EventStore } from './store.ts';

const pollMs = 20;
const pageEvents = 50;

/** A reader that reads on from behind the last that it saw, whenever the log grows and now and then. */
export function followTail(store: EventStore): { stopAt(size: number): Promise<Recorded[]> } {
  const seen: Recorded[] = [];
  let end = Infinity;
  const next = (): number => (seen.at(-1)?.position ?? -1) + 1;
  const read = async (): Promise<Recorded[]> => {
    while (next() < end) {
      const page = await store.read(next(), pageEvents);
      seen.push(...page);
      if (page.length < pageEvents) await Promise.race([firstValueFrom(store.grew), delay(pollMs)]);
    }
    return seen;
  };
  const reading = read();
  return {
    stopAt(size) {
      end = size;
      return reading;
    },
  };
}
