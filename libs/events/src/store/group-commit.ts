import { failsAll } from './storage-error.ts';

/** Something to be done inside a transaction. */
export interface Job<T> {
  readonly entries: number;
  /** In a transaction of its own, so that it never shares another's fate. */
  readonly isAlone?: boolean;
  run(): T;
}

interface Waiting extends Job<unknown> {
  resolve(result: unknown): void;
  reject(reason: unknown): void;
}

const groupEntriesMax = 1000;

/** One commit for all who wait; each hears of it after the commit, never before. */
export class GroupCommit {
  readonly #transaction: <T>(work: () => T) => T;
  readonly #committed: () => void;
  #waiting: Waiting[] = [];
  #isScheduled = false;

  constructor(transaction: <T>(work: () => T) => T, committed: () => void) {
    this.#transaction = transaction;
    this.#committed = committed;
  }

  add<T>(job: Job<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ ...job, resolve, reject });
      this.#schedule();
    });
  }

  flushAll(): void {
    while (this.#waiting.length > 0) this.#flush();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#flush();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }

  #flush(): void {
    const group = takeGroup(this.#waiting);
    if (group.length > 0) this.#commit(group);
  }

  #commit(group: readonly Waiting[]): void {
    let results: unknown[];
    try {
      results = this.#transaction(() => group.map((job) => job.run()));
    } catch (error) {
      this.#failed(group, error);
      return;
    }
    for (const [index, job] of group.entries()) job.resolve(results[index]);
    this.#committed();
  }

  /** One that cannot be stored must not take the others with it. */
  #failed(group: readonly Waiting[], error: unknown): void {
    if (group.length === 1 || failsAll(error)) for (const job of group) job.reject(error);
    else for (const job of group) this.#commit([job]);
  }
}

/** Takes those who may share the next transaction from the front of those who wait. */
export function takeGroup<J extends Pick<Job<unknown>, 'entries' | 'isAlone'>>(waiting: J[]): J[] {
  let entries = 0;
  let count = 0;
  for (const job of waiting) {
    if (count > 0 && (job.isAlone || entries + job.entries > groupEntriesMax)) break;
    entries += job.entries;
    count += 1;
    if (job.isAlone) break;
  }
  return waiting.splice(0, count);
}
