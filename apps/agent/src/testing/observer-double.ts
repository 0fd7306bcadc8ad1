import { type GuidPolicy, Observation, type SecretRef, type Source } from '@vestige/contract';

import { JournalError } from '../journal/journal-error.ts';
import type { JournalBoot, JournalView } from '../journal/journal-view.ts';
import type { Observer, Recorded, SourceChange, WatchResult } from '../observe/observer.ts';

/** For tests: a journal in memory, and an observer that sees what it is told to see. */
export class ObserverDouble implements Observer {
  readonly resumed = false;
  readonly boot: string;
  readonly parts = new Map<string, { firstSeq: number; ackedThrough: number }>();
  readonly records = new Map<string, Observation[]>();
  readonly expectedWipes: string[] = [];
  readonly watched: string[] = [];
  readonly items = new Map<string, SecretRef[]>();
  watchResult: WatchResult = { method: 'fanotify-permission', changes: 'fanotify', detail: '' };
  watchError: Error | null = null;
  policies: readonly GuidPolicy[] | null = null;
  readCounts: ReadonlyMap<string, number> = new Map();
  isFull = false;
  readonly #listeners = new Set<(recorded: Recorded) => void>();

  constructor(boot: string) {
    this.boot = boot;
    this.addBoot(boot);
  }

  readonly journal: JournalView = {
    boots: () => [...this.parts].flatMap(([boot, part]) => this.#part(boot, part)),
    readFrom: (boot, seq, limit) => (this.records.get(boot) ?? []).slice(seq, seq + limit),
  };

  addBoot(boot: string, records: Observation[] = []): void {
    this.parts.set(boot, { firstSeq: 0, ackedThrough: -1 });
    this.records.set(boot, records);
  }

  types(): string[] {
    return (this.records.get(this.boot) ?? []).map(({ type }) => type);
  }

  last(): Observation | undefined {
    return this.records.get(this.boot)?.at(-1);
  }

  async append(observation: Observation): Promise<number> {
    if (this.isFull) throw new JournalError('full', 'told to be full');
    const records = this.records.get(this.boot) ?? [];
    records.push(Observation.parse(observation));
    const lastSeq = records.length - 1;
    for (const listener of this.#listeners)
      listener({ boot: this.boot, firstSeq: lastSeq, lastSeq });
    return lastSeq;
  }

  async acknowledge(boot: string, through: number): Promise<void> {
    const part = this.parts.get(boot);
    if (part !== undefined) part.ackedThrough = Math.max(part.ackedThrough, through);
  }

  async watch({ source }: { source: Source }): Promise<WatchResult> {
    if (this.watchError !== null) throw this.watchError;
    this.watched.push(source.path);
    return this.watchResult;
  }

  async setItems(source: Source, items: SecretRef[]): Promise<void> {
    this.items.set(source.path, items);
  }

  async expectWipe(_source: Source, name: string): Promise<void> {
    this.expectedWipes.push(name);
  }

  async setPolicies(policies: readonly GuidPolicy[]): Promise<void> {
    this.policies = policies;
  }

  async setReads(counts: ReadonlyMap<string, number>): Promise<void> {
    this.readCounts = counts;
  }

  async duringOwnAccess<T>(_source: Source, access: () => T | Promise<T>): Promise<T> {
    return access();
  }

  onRecorded(listener: (recorded: Recorded) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onChanged(_listener: (change: SourceChange) => void): () => void {
    return () => {};
  }

  onLetThrough(_listener: () => void): () => void {
    return () => {};
  }

  onFailed(_listener: (error: Error) => void): () => void {
    return () => {};
  }

  async unwatch(_source: Source): Promise<void> {}

  async stop(): Promise<void> {}

  #part(boot: string, part: { firstSeq: number; ackedThrough: number }): JournalBoot[] {
    const nextSeq = this.records.get(boot)?.length ?? 0;
    return nextSeq === 0 ? [] : [{ boot, nextSeq, ...part }];
  }
}
