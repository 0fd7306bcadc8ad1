const entriesMax = 4096;

/**
 * Which files are being read by whom, so that a read in many parts counts once for each opening. The kernel does not tell
 * which of a process's descriptors was read: of two that are open at the same time, a read may count for the other.
 */
export class OpenReads {
  readonly #startTimes = new Map<string, number | null>();

  /** Whether this is the process's first read of the file since it opened it. */
  isFirst(pid: number, startTime: number | null, file: string): boolean {
    const key = `${pid} ${file}`;
    if (this.#startTimes.has(key) && this.#startTimes.get(key) === startTime) return false;
    this.#startTimes.delete(key);
    this.#startTimes.set(key, startTime);
    this.#dropOldest();
    return true;
  }

  /** The process opened the file anew, or closed it. */
  forget(pid: number, file: string): void {
    this.#startTimes.delete(`${pid} ${file}`);
  }

  clear(): void {
    this.#startTimes.clear();
  }

  /** Forgetting one too early can only count a read twice. */
  #dropOldest(): void {
    if (this.#startTimes.size <= entriesMax) return;
    for (const key of this.#startTimes.keys()) {
      this.#startTimes.delete(key);
      return;
    }
  }
}
