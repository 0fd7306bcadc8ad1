/**
 * Runs `start` while the tab is seen, and what it returned when the tab is hidden or all ends. A browser has six
 * connections to one origin for all its tabs together: hidden tabs must not hold them.
 */
export function whileVisible(start: () => () => void, onReturn: () => void): () => void {
  let stop = document.hidden ? null : start();
  const change = () => {
    if (document.hidden) {
      stop?.();
      stop = null;
    } else if (stop === null) {
      onReturn();
      stop = start();
    }
  };
  document.addEventListener('visibilitychange', change);
  return () => {
    document.removeEventListener('visibilitychange', change);
    stop?.();
  };
}
