import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import koffi from 'koffi';

/*
 * The agent shares a guest with what the guest is there for, and is idle almost always: V8 should spend time rather than
 * memory. Imported first, before there is much of a heap. The worker's heap comes later and so has `gc` by itself.
 */
for (const flag of [
  '--semi-space-growth-factor=1',
  '--optimize-for-size',
  '--no-opt',
  '--expose-gc',
])
  setFlagsFromString(flag);

const lookMilliseconds = 1000;
const growth = 1.15;

/** Collects what a busy time left as soon as it has made the heap larger by some part; V8 alone would wait for more. */
export function keepHeapSmall(): void {
  const collect = runInNewContext('gc') as () => void;
  const trim = bindTrim();
  let least = Infinity;
  setInterval(() => {
    const { total_heap_size: total } = getHeapStatistics();
    if (total <= least * growth && least !== Infinity) return;
    collect();
    trim();
    least = Math.min(least, getHeapStatistics().total_heap_size);
  }, lookMilliseconds).unref();
}

/** Gives back to the kernel what the C library keeps of freed memory; nothing where it has no such call. */
function bindTrim(): () => void {
  try {
    const trim = koffi.load(null).func('int malloc_trim(size_t pad)') as (pad: number) => number;
    return () => void trim(0);
  } catch {
    return () => undefined;
  }
}
