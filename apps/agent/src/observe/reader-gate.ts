/** How long a reader waits at most where nobody says otherwise. */
export const holdMillisecondsDefault = 2000;

const state = { open: 0, changing: 1, lettingThrough: 2, letThrough: 3, closed: 4 } as const;
const stateAt = 0;
const countAt = 1;
const firstFdAt = 2;
/** More groups than anybody has sources; one that does not fit is let go by the kill timer alone. */
const groupsMax = 256;
const sinceAt = 0;
const awaySinceAt = 1;
const timesBytes = 2 * BigInt64Array.BYTES_PER_ELEMENT;

/**
 * What the worker and the main thread share about the groups that hold readers: which they are, since when a reader may be
 * waiting, and whose turn it is to touch them. A number that the worker closed may be another file's the next moment, so
 * the main thread replaces them only while the worker cannot change them.
 */
export class ReaderGate {
  readonly memory: SharedArrayBuffer;
  readonly #times: BigInt64Array;
  readonly #state: Int32Array;

  constructor(
    memory = new SharedArrayBuffer(
      timesBytes + (firstFdAt + groupsMax) * Int32Array.BYTES_PER_ELEMENT,
    ),
  ) {
    this.memory = memory;
    this.#times = new BigInt64Array(memory, 0, 2);
    this.#state = new Int32Array(memory, timesBytes);
  }

  /** Worker: from this time of `monotonicMilliseconds` on a reader may be waiting. */
  hold(since: number): void {
    Atomics.store(this.#times, sinceAt, BigInt(Math.trunc(since)));
  }

  /** Worker: nobody waits. */
  rest(): void {
    Atomics.store(this.#times, sinceAt, 0n);
  }

  /** Since when a reader may be waiting; null where none is. */
  get heldSince(): number | null {
    const since = Atomics.load(this.#times, sinceAt);
    return since === 0n ? null : Number(since);
  }

  /** Worker: since when those that the main thread let through had waited. */
  get awaySince(): number {
    return Number(Atomics.load(this.#times, awaySinceAt));
  }

  /** Worker: whether the groups may be changed now; not so where the main thread took them away. */
  beginChange(): boolean {
    return this.#isTurned(state.open, state.changing);
  }

  /** Worker: these are the groups from now on. */
  endChange(fds: readonly number[]): void {
    const shared = fds.slice(0, groupsMax);
    for (const [index, fd] of shared.entries()) this.#state[firstFdAt + index] = fd;
    this.#state[countAt] = shared.length;
    Atomics.store(this.#state, stateAt, state.open);
  }

  /** Worker: whether the main thread let the readers through; then the groups' numbers lead nowhere. */
  get isLetThrough(): boolean {
    // It takes the main thread no longer than one system call for each group.
    while (Atomics.load(this.#state, stateAt) === state.lettingThrough)
      Atomics.wait(this.#state, stateAt, state.lettingThrough);
    return Atomics.load(this.#state, stateAt) === state.letThrough;
  }

  /** Worker: the descriptors are closed, and their numbers may be others'. */
  close(): void {
    while (!this.#isTurned(state.open, state.closed)) if (this.isLetThrough) return;
  }

  /** Main thread: takes the groups away with `replace`; false where the worker has them in hand. */
  letThrough(replace: (fd: number) => void): boolean {
    if (!this.#isTurned(state.open, state.lettingThrough)) return false;
    Atomics.store(this.#times, awaySinceAt, Atomics.load(this.#times, sinceAt));
    const count = this.#state[countAt] ?? 0;
    for (const fd of this.#state.subarray(firstFdAt, firstFdAt + count)) replace(fd);
    Atomics.store(this.#state, stateAt, state.letThrough);
    Atomics.notify(this.#state, stateAt);
    return true;
  }

  /** Main thread, where the worker is dead: whether no group holds a reader any more. */
  abandon(replace: (fd: number) => void): boolean {
    return this.letThrough(replace) || this.isAway || this.#state[stateAt] === state.closed;
  }

  /** Main thread: whether readers go on without waiting, until the worker comes back. */
  get isAway(): boolean {
    return Atomics.load(this.#state, stateAt) === state.letThrough;
  }

  #isTurned(from: number, to: number): boolean {
    return Atomics.compareExchange(this.#state, stateAt, from, to) === from;
  }
}

/** The kernel's clock that never goes back, the same on all threads. */
export function monotonicMilliseconds(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

/** Of the bound, when the main thread acts: the rest is for it to come round to it. */
const actAtPart = 0.75;
const checksPerBound = 10;

export interface GateWatch {
  readonly gate: ReaderGate;
  readonly holdMilliseconds: number;
  /** Takes the groups away; see `ReaderGate.letThrough`. */
  letThrough(): void;
  /** Readers do not wait, so the process need not end for them. */
  whileAway(): void;
}

/** The main thread's look at how long readers wait. Gives a function that ends it. */
export function watchGate(watch: GateWatch): () => void {
  const timer = setInterval(() => checkGate(watch), watch.holdMilliseconds / checksPerBound);
  timer.unref();
  return () => clearInterval(timer);
}

export function checkGate(watch: GateWatch, now = monotonicMilliseconds()): void {
  const { gate, holdMilliseconds } = watch;
  if (gate.isAway) return watch.whileAway();
  const since = gate.heldSince;
  if (since !== null && now - since >= holdMilliseconds * actAtPart) watch.letThrough();
}
