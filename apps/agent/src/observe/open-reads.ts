const entriesMax = 4096;

export type Verdict = 'allowed' | 'denied';

/**
 * Which files are being read by whom, so that a read in many parts counts once for each opening. The kernel does not tell
 * which of a process's descriptors was read: of two that are open at the same time, a read may count for the other.
 */
export class OpenReads {
  readonly #known = new Map<string, { startTime: number | null; verdict: Verdict | null }>();

  /** What was said of this opening; null where nothing was read through it yet. */
  verdictOf(pid: number, startTime: number | null, file: string): Verdict | null {
    const known = this.#known.get(`${pid} ${file}`);
    return known?.startTime === startTime ? known.verdict : null;
  }

  remember(pid: number, startTime: number | null, file: string, verdict: Verdict): void {
    const key = `${pid} ${file}`;
    this.#known.delete(key);
    this.#known.set(key, { startTime, verdict });
    this.#dropOldest();
  }

  /** Whether a read of it was let go on, whatever is said of the next: what the kernel tells after it is no other read. */
  isAllowed(pid: number, file: string): boolean {
    const known = this.#known.get(`${pid} ${file}`);
    return known !== undefined && known.verdict !== 'denied';
  }

  /** The process opened the file anew, or closed it. */
  forget(pid: number, file: string): void {
    this.#known.delete(`${pid} ${file}`);
  }

  /** What goes on being read is judged, and counted, anew. */
  judgeAnew(): void {
    for (const [key, known] of this.#known) {
      if (known.verdict === 'denied') this.#known.delete(key);
      known.verdict = null;
    }
  }

  clear(): void {
    this.#known.clear();
  }

  /** Forgetting one too early can only count a read twice. */
  #dropOldest(): void {
    if (this.#known.size <= entriesMax) return;
    for (const key of this.#known.keys()) {
      this.#known.delete(key);
      return;
    }
  }
}
