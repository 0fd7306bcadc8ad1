import { Observation, type ObservationData, type ObservationType } from '@vestige/contract';

import type { Observer } from './observe/observer.ts';

/** Clocks of a guest, as they can be replaced in tests. */
export interface GuestClock {
  /** Milliseconds since the epoch, which somebody may set back. */
  wall(): number;
  /** Milliseconds of a clock that never goes back. */
  monotonic(): number;
}

export const guestClock: GuestClock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
};

/** A time service trims a clock by less than this; what is more is a jump. */
const jumpMilliseconds = 1000;

/** What the agent itself has to say, written to the journal with the time of the guest's clock. */
export class Records {
  readonly #observer: Pick<Observer, 'append'>;
  readonly #clock: GuestClock;
  #seen: { wall: number; monotonic: number } | null = null;

  constructor(observer: Pick<Observer, 'append'>, clock: GuestClock = guestClock) {
    this.#observer = observer;
    this.#clock = clock;
  }

  now(): string {
    return new Date(this.#clock.wall()).toISOString();
  }

  /** Resolves once the record is durable. */
  async record<T extends ObservationType>(type: T, data: ObservationData<T>): Promise<void> {
    await this.checkClock();
    await this.#append(type, data);
  }

  /** Records a gap where the wall clock was set back since the last look. */
  async checkClock(): Promise<void> {
    const seen = this.#seen;
    const now = { wall: this.#clock.wall(), monotonic: this.#clock.monotonic() };
    this.#seen = now;
    if (seen === null) return;
    const jump = now.wall - seen.wall - (now.monotonic - seen.monotonic);
    if (jump < -jumpMilliseconds) await this.recordClockBackwards(isoTime(seen.wall));
  }

  async recordClockBackwards(from: string): Promise<void> {
    const data = { from, until: this.now(), lost: null, source: null };
    await this.#append('agent.gap', { reason: 'clock-backwards', ...data });
  }

  /** Strict on the way in: a record that the service refuses would hold up all that follow it. */
  async #append<T extends ObservationType>(type: T, data: ObservationData<T>): Promise<void> {
    await this.#observer.append(Observation.parse({ type, at: this.now(), data }));
  }
}

function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
