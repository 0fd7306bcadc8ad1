/** Lets a loop sleep until there is something to do, or until a time is over. */
export class Wake {
  #isSet = false;
  #resolve: (() => void) | undefined;

  /** Ends the current wait, or the next one at once. */
  set(): void {
    this.#isSet = true;
    this.#resolve?.();
  }

  async wait(milliseconds?: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    if (!this.#isSet) {
      await new Promise<void>((resolve) => {
        this.#resolve = resolve;
        if (milliseconds !== undefined) timer = setTimeout(resolve, milliseconds);
      });
    }
    clearTimeout(timer);
    this.#resolve = undefined;
    this.#isSet = false;
  }
}
