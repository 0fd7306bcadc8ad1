/** Runs the work when woken, once at a time; who wakes it while it runs makes it run once more. */
export class WakeableLoop {
  readonly #work: () => Promise<void>;
  #running: Promise<void> = Promise.resolve();
  #isRunning = false;
  #isWanted = false;
  /** Why the last run ended early; null where it did not. */
  fault: unknown = null;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  wake(): void {
    this.#isWanted = true;
    if (!this.#isRunning) this.#running = this.#run();
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#isWanted) {
      this.#isWanted = false;
      try {
        await this.#work();
        this.fault = null;
      } catch (error) {
        this.fault = error;
      }
    }
    this.#isRunning = false;
  }
}
