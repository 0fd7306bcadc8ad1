import type { Event } from '@vestige/contract';
import { expect } from 'vitest';

import { type Decider, type Decision, Refusal, type RefusalCode } from '../decider.ts';

interface Outcome {
  thenDecides(...decisions: Decision[]): void;
  thenNothing(): void;
  thenRefused(code: RefusalCode): void;
}

/** Given what happened, when a command comes, then that is decided. */
export function given<S, C>(
  decider: Decider<S, C>,
  ...history: readonly Decision[]
): { when(command: C): Outcome } {
  // Folds look at type and data only, so a history needs no headers.
  const state = history.reduce(
    (folded, event) => decider.evolve(folded, event as Event),
    decider.initial,
  );
  return {
    when: (command) => ({
      thenDecides: (...decisions) => expect(decider.decide(command, state)).toEqual(decisions),
      thenNothing: () => expect(decider.decide(command, state)).toEqual([]),
      thenRefused: (code) => expect(refusal(() => decider.decide(command, state))).toBe(code),
    }),
  };
}

function refusal(decide: () => unknown): RefusalCode | null {
  try {
    decide();
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}
