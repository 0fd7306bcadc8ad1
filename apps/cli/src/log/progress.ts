import type { Terminal } from '../terminal.ts';

const intervalMilliseconds = 100;

/** Shows a person how far a long work is. Where nobody looks, or a program reads, it does nothing. */
export class Progress {
  readonly #show: ((text: string) => void) | undefined;
  readonly #what: string;
  readonly #start = performance.now();
  #shown = 0;

  constructor(what: string, isQuiet: boolean, terminal: Terminal) {
    this.#what = what;
    this.#show = isQuiet ? undefined : terminal.progress?.bind(terminal);
  }

  /** How many of how many, zero where nobody knows. */
  at(done: number, all: number): void {
    const now = performance.now();
    if (this.#show === undefined || now - this.#shown < intervalMilliseconds) return;
    this.#shown = now;
    const share = all === 0 ? '' : ` ${Math.floor((done / all) * 100)} %`;
    const rate = Math.round(done / ((now - this.#start) / 1000));
    this.#show(`${this.#what}${share}, ${done} entries, ${rate}/s`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#shown > 0) this.#show?.('');
  }
}
