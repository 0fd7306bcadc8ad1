import { stat } from 'node:fs/promises';
import { uptime } from 'node:os';

/** Seconds since this boot, by a clock that nobody can set. A boot that a file plays began when that file changed last. */
export async function openBootClock(playedBy?: string): Promise<() => number> {
  if (playedBy === undefined) return uptime;
  const { mtimeMs } = await stat(playedBy);
  const before = Math.max(0, Date.now() - mtimeMs);
  const started = performance.now();
  return () => (before + performance.now() - started) / 1000;
}
