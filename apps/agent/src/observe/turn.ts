import type { GapReason, Observation, Source } from '@vestige/contract';

import { buildAnswer } from './fanotify.ts';
import { type Kernel, KernelError } from './kernel.ts';
import type { SourceChange } from './observer.ts';

/** A descriptor that the kernel opened for an event, and whether its reader waits for an answer. */
export interface EventDescriptor {
  groupFd: number;
  fd: number;
  isHeld: boolean;
  /** A policy refuses the reader. */
  isDenied: boolean;
}

/** What one turn of the loop saw: recorded together, with one sync, before any reader is answered. */
export class Turn {
  readonly observations: Observation[] = [];
  readonly changes: SourceChange[] = [];
  readonly #descriptors: EventDescriptor[] = [];

  hold(descriptor: EventDescriptor): void {
    this.#descriptors.push(descriptor);
  }

  see(observation: Observation): void {
    this.observations.push(observation);
  }

  /** A gap ends now, unless it only begins. */
  miss(
    source: Source,
    reason: GapReason,
    lost: number | null,
    { isOver = true, since = null }: { isOver?: boolean; since?: string | null } = {},
  ): void {
    const at = now();
    const period = isOver ? { from: since, until: at } : { from: at, until: null };
    this.observations.push({ type: 'agent.gap', at, data: { reason, ...period, lost, source } });
  }

  /** Answers every held reader. Goes through all of them whatever happens to one. */
  release(kernel: Kernel): void {
    for (const { groupFd, fd, isHeld, isDenied } of this.#descriptors.splice(0)) {
      if (isHeld) ignoringRefusal(() => kernel.write(groupFd, buildAnswer(fd, isDenied)));
      ignoringRefusal(() => kernel.close(fd));
    }
  }
}

export function now(): string {
  return new Date().toISOString();
}

/** The reader may have been killed while it waited, and then there is nobody to answer. */
function ignoringRefusal(call: () => void): void {
  try {
    call();
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
  }
}
