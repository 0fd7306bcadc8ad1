const checkMilliseconds = 1000;

/** The longest that a turn of the worker, and so a reader that it holds, may take. */
export const turnSecondsMax = 5;

/** The longest that the whole process may not run, as when somebody stops it, before the kernel kills it. */
export const processSecondsMax = 10;

/** What the worker lets the main thread see, in shared memory. */
export const progressAt = {
  turnsBegun: 0,
  turnsEnded: 1,
  /** 1 once the worker has closed its descriptors, and their numbers may be others'. */
  closed: 2,
} as const;

/**
 * Calls `stuck` once when one turn lasts longer than the bound. Gives a function that ends the watch.
 */
export function watchProgress(progress: Int32Array, stuck: () => void): () => void {
  let seenTurn = -1;
  let checks = 0;
  const timer = setInterval(() => {
    const begun = Atomics.load(progress, progressAt.turnsBegun);
    const isInTurn = begun !== Atomics.load(progress, progressAt.turnsEnded);
    checks = isInTurn && begun === seenTurn ? checks + 1 : 0;
    seenTurn = begun;
    /** The turn may have begun almost a whole check before the first that saw it. */
    if ((checks + 1) * checkMilliseconds < turnSecondsMax * 1000) return;
    clearInterval(timer);
    stuck();
  }, checkMilliseconds);
  timer.unref();
  return () => clearInterval(timer);
}
