const checkMilliseconds = 1000;

/** The longest that a turn of the worker, and so a reader that it holds, may take. */
export const turnSecondsMax = 5;

/**
 * Calls `stuck` once when one turn lasts longer than the bound. `progress` counts turns begun and turns ended.
 * Gives a function that ends the watch.
 */
export function watchProgress(progress: Int32Array, stuck: () => void): () => void {
  let seenTurn = -1;
  let checks = 0;
  const timer = setInterval(() => {
    const begun = Atomics.load(progress, 0);
    const isInTurn = begun !== Atomics.load(progress, 1);
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
