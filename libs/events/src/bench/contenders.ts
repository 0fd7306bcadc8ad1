import type { NewEvent } from '../entry.ts';
import { GuestStory } from '../testing/guest-story.ts';

/** One way of doing something with so many events; what it resolves to does not matter. */
export type Work = (events: readonly NewEvent[]) => Promise<unknown>;

/** What is compared: both get events of their own, in turns, so that a busy machine is busy for both. */
export interface Measure {
  readonly name: string;
  /** The ratio that is asked for. */
  readonly atLeast: number;
  readonly events: number;
  readonly raw: Work;
  readonly log: Work;
}

const rounds = 7;
let boots = 0;

/** Prints for each measure the median of the rounds' ratios, log to raw. */
export async function compare(measures: readonly Measure[]): Promise<void> {
  for (const { name, atLeast, events, raw, log } of measures) {
    const rates: { raw: number; log: number }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const [first, second] = round % 2 === 0 ? [raw, log] : [log, raw];
      const one = await rateOf(first, events);
      const other = await rateOf(second, events);
      rates.push(round % 2 === 0 ? { raw: one, log: other } : { raw: other, log: one });
    }
    const ratio = median(rates.map((rate) => rate.log / rate.raw));
    const typical = (contender: 'raw' | 'log'): string =>
      Math.round(median(rates.map((rate) => rate[contender]))).toLocaleString('en');
    console.log(
      `${name}: ${ratio.toFixed(2)} x raw, ${ratio < atLeast ? 'BELOW' : 'at least'} ${atLeast} (${typical('log')}/s against ${typical('raw')}/s)`,
    );
  }
}

/** Events per second. */
async function rateOf(work: Work, count: number): Promise<number> {
  const guest = new GuestStory('guest', `boot ${(boots += 1)}`);
  const events = Array.from({ length: count }, () => guest.read('secret'));
  const start = performance.now();
  await work(events);
  return (count / (performance.now() - start)) * 1000;
}

/** Does something with one event after the other, so many callers at once. */
export function inParallel(callers: number, one: (event: NewEvent) => Promise<unknown>): Work {
  return async (events) => {
    const waiting = events.values();
    const caller = async (): Promise<void> => {
      for (const event of waiting) await one(event);
    };
    await Promise.all(Array.from({ length: callers }, caller));
  };
}

/** Does something with so many events at a time. */
export function inBatches(size: number, many: Work): Work {
  return async (events) => {
    for (let at = 0; at < events.length; at += size) await many(events.slice(at, at + size));
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
