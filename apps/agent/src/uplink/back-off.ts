const firstMilliseconds = 500;
const mostMilliseconds = 30_000;

/**
 * How long to wait before the next attempt: anything up to a bound that doubles from half a second to half a minute (full
 * jitter), so that a fleet that lost its service does not come back all at once.
 */
export class BackOff {
  readonly #random: () => number;
  #failures = 0;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  nextMilliseconds(): number {
    const bound = Math.min(mostMilliseconds, firstMilliseconds * 2 ** this.#failures);
    this.#failures += 1;
    return this.#random() * bound;
  }

  reset(): void {
    this.#failures = 0;
  }
}
