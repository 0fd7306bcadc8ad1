import type { Source } from '@vestige/contract';

import type { ReaderPolicies } from '../policy/reader-policies.ts';
import type { Kernel } from './kernel.ts';
import type { WatchResult, WatchTarget } from './observer.ts';
import type { ReaderGate } from './reader-gate.ts';
import type { Turn } from './turn.ts';
import {
  closeWatch,
  descriptorsOf,
  isHeld,
  openWatch,
  reopenReads,
  type WatchWish,
} from './watch.ts';
import { WatchedSource } from './watched-source.ts';

export interface SourcesParts {
  readonly kernel: Kernel;
  readonly gate: ReaderGate;
  readonly policies: ReaderPolicies;
  readonly wish: WatchWish;
  /** The process whose own accesses are not recorded. */
  readonly ownPid: number;
}

/** All that is watched. The groups that hold readers are opened and closed only while the gate is the worker's. */
export class WatchedSources {
  readonly #parts: SourcesParts;
  readonly #sources = new Map<string, WatchedSource>();

  constructor(parts: SourcesParts) {
    this.#parts = parts;
  }

  get descriptors(): number[] {
    return [...this.#sources.values()].flatMap(({ watch }) => descriptorsOf(watch));
  }

  /** Whether a queue may hold more than what the last turn took from it. */
  get mayHoldMore(): boolean {
    return [...this.#sources.values()].some((source) => source.mayHoldMore);
  }

  of(source: Source): WatchedSource {
    const watched = this.#sources.get(keyOf(source));
    if (watched === undefined) throw new Error(`${source.kind} at ${source.path} is not watched`);
    return watched;
  }

  drain(turn: Turn, ready: ReadonlySet<number>): void {
    for (const source of this.#sources.values()) source.drain(turn, ready);
  }

  /** Those that were allowed are judged anew. */
  forgetVerdicts(): void {
    for (const source of this.#sources.values()) source.forgetVerdicts();
  }

  /** Only while the gate is open: see `ReaderGate.beginChange`. */
  watch(target: WatchTarget): WatchResult {
    const { kernel, wish } = this.#parts;
    return this.#changing(() => {
      const watched = new WatchedSource(openWatch(kernel, target, wish), this.#parts);
      const previous = this.#sources.get(keyOf(target.source));
      if (previous !== undefined) watched.sight.inherit(previous.sight);
      this.#drop(target.source);
      this.#sources.set(keyOf(target.source), watched);
      return watched.watch.result;
    });
  }

  unwatch(source: Source): void {
    this.#changing(() => this.#drop(source));
  }

  /** After the main thread took the groups away: holds readers again, and tells for how long none were. */
  reopen(turn: Turn, since: string): void {
    for (const watched of [...this.#sources.values()].filter(({ watch }) => isHeld(watch))) {
      const { source } = watched.sight;
      turn.miss(source, 'reader-let-through', null, { since });
      try {
        reopenReads(this.#parts.kernel, watched.watch);
        watched.forgetVerdicts();
      } catch {
        this.#drop(source);
        watched.sight.lost(turn);
      }
    }
    this.#parts.gate.endChange(this.#heldFds);
  }

  close(): void {
    this.#parts.gate.close();
    for (const { watch } of this.#sources.values()) closeWatch(this.#parts.kernel, watch);
  }

  #changing<T>(change: () => T): T {
    const { gate } = this.#parts;
    if (!gate.beginChange()) throw new Error('the readers were let through');
    try {
      return change();
    } finally {
      gate.endChange(this.#heldFds);
    }
  }

  #drop(source: Source): void {
    const watched = this.#sources.get(keyOf(source));
    this.#sources.delete(keyOf(source));
    if (watched !== undefined) closeWatch(this.#parts.kernel, watched.watch);
  }

  get #heldFds(): number[] {
    const held = [...this.#sources.values()].filter(({ watch }) => isHeld(watch));
    return held.flatMap(({ watch }) => watch.readsFd ?? []);
  }
}

function keyOf(source: Source): string {
  return `${source.kind} ${source.path}`;
}
