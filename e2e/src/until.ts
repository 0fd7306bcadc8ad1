import { setTimeout as pause } from 'node:timers/promises';

/** Asks again and again until the answer is not undefined; fails after `seconds` with what was waited for. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  seconds = 20,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  while (performance.now() < deadline) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await pause(50);
  }
  throw new Error(`Waited ${seconds} s in vain for: ${what}`);
}
