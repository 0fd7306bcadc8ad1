/** The service's clock as the guest can tell it from the answers' `Date`, which is cut to seconds. */
export class ServiceClock {
  readonly #wall: () => number;
  #offset = 0;

  constructor(wall: () => number = Date.now) {
    this.#wall = wall;
  }

  /** Milliseconds since the epoch by the service's clock; by the guest's until the first answer. */
  now(): number {
    return this.#wall() + this.#offset;
  }

  learn(dateHeader: string | null): void {
    const date = Date.parse(dateHeader ?? '');
    if (Number.isNaN(date)) return;
    const halfSecond = 500;
    this.#offset = date + halfSecond - this.#wall();
  }
}
