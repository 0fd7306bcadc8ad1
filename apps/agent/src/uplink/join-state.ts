import { join } from 'node:path';

import { readJson, writeDurable } from '../durable-file.ts';
import type { Log } from '../log.ts';

/** What tells this guest from a copy of it: the last state that the service gave it, to be shown with the next batch. */
export interface JoinState {
  /** Null where none was given. */
  shown(): Promise<string | null>;
  /** To be called before anything is dropped that the answer acknowledged. Null leaves what there is. */
  keep(next: string | null): Promise<void>;
}

/** The join state in the state directory; that of another guest, whose identity was moved away, is none. */
export class JoinStateFile implements JoinState {
  readonly #path: string;
  readonly #guest: () => string | null;
  readonly #log: Log;
  /** Undefined until it was read. */
  #state: string | null | undefined;

  constructor(stateDir: string, guest: () => string | null, log: Log) {
    this.#path = join(stateDir, 'join-state.json');
    this.#guest = guest;
    this.#log = log;
  }

  async shown(): Promise<string | null> {
    if (this.#state === undefined) this.#state = await this.#read();
    return this.#state;
  }

  /** Where it cannot be kept nothing is acknowledged: an older state would be taken for that of a copy. */
  async keep(next: string | null): Promise<void> {
    if (next === null || next === this.#state) return;
    const saved = { guest: this.#guest(), joinState: next };
    await writeDurable(this.#path, `${JSON.stringify(saved)}\n`);
    this.#state = next;
  }

  async #read(): Promise<string | null> {
    const saved = await readJson(this.#path).catch((error: unknown) => {
      if (!(error instanceof SyntaxError)) throw error;
      this.#log(`${this.#path} is damaged: the service may take this guest for a copy`);
      return null;
    });
    if (typeof saved !== 'object' || saved === null) return null;
    const { guest, joinState } = saved as Record<string, unknown>;
    return guest === this.#guest() && typeof joinState === 'string' ? joinState : null;
  }
}
