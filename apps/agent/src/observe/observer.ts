import type {
  GuidPolicy,
  Observation,
  ObservationMethod,
  Reader,
  SecretRef,
  Source,
} from '@vestige/contract';

import type { JournalView } from '../journal/journal-view.ts';

/** What to watch: a directory whose files are secrets, or one file that is a table image. */
export interface WatchTarget {
  source: Source;
  kind: 'directory' | 'file';
  path: string;
}

/** How well a target is watched; goes into the source's report. */
export interface WatchResult {
  /** How reads are seen. */
  method: ObservationMethod;
  /** How deletions and changes are seen: with their actor by `fanotify`, without by `inotify`. */
  changes: ObservationMethod;
  /** Why it is no better than that; empty where it is the best there is. */
  detail: string;
}

export interface SourceChange {
  source: Source;
  /** `watch-lost`: the watched directory or file itself is gone; watch it anew when it is back. */
  what: 'created' | 'deleted' | 'modified' | 'watch-lost';
  /** The file's name in a directory; null for a table image or the directory itself. */
  name: string | null;
  /** Who did it; null where the kernel did not tell. Never the agent itself under `fanotify`. */
  actor: Reader | null;
  method: ObservationMethod;
}

/** Records `firstSeq` to `lastSeq` of the boot are durable. */
export interface Recorded {
  boot: string;
  firstSeq: number;
  lastSeq: number;
}

export interface ObserverOptions {
  journalDir: string;
  /** `/proc/sys/kernel/random/boot_id`. */
  boot: string;
  /** `inotify` does without fanotify, as where the agent is not root. Default `fanotify`. */
  best?: 'fanotify' | 'inotify';
  /** All records of all boots together; when reached, a gap `journal-full` is recorded. Default as for `Journal`. */
  journalBytesMax?: number;
  /** How long a reader waits at most. Default `holdMillisecondsDefault`. */
  holdMilliseconds?: number;
  /** Whether readers are held at their opening, too, so that policies can refuse it. */
  enforces?: boolean;
}

/** The main thread's handle of the worker that owns the kernel's descriptors and the journal. */
export interface Observer {
  /** Whether this boot's journal was there already: the agent was restarted. */
  readonly resumed: boolean;
  readonly journal: JournalView;
  /** Watches a source, or watches it anew. Rejects only where nothing at all can be had there. */
  watch(target: WatchTarget): Promise<WatchResult>;
  unwatch(source: Source): Promise<void>;
  /**
   * Which secrets a source holds: a directory's by name, or all live entries of an image. A read of an unknown name in
   * a directory is recorded all the same.
   */
  setItems(source: Source, items: SecretRef[]): Promise<void>;
  /** Await it before wiping: the next deletion of that name by the agent or by nobody known is not `secret.unlinked`. */
  expectWipe(source: Source, name: string): Promise<void>;
  /** From now on these policies decide who may read; there are none at first. */
  setPolicies(policies: readonly GuidPolicy[]): Promise<void>;
  /** How many reads of each secret, by `secretKey`, this boot's journal tells of; to be said before anything is watched. */
  setReads(counts: ReadonlyMap<string, number>): Promise<void>;
  /** Runs the agent's own access to a watched file, so that inotify, which does not tell who, does not count it. */
  duringOwnAccess<T>(source: Source, access: () => T | Promise<T>): Promise<T>;
  /** Resolves with the record's seq once it is durable; rejects with a JournalError where it is not. */
  append(observation: Observation): Promise<number>;
  /** The service has these; what is acknowledged may be dropped. */
  acknowledge(boot: string, through: number): Promise<void>;
  /** The listeners return a function that takes them off again. */
  onRecorded(listener: (recorded: Recorded) => void): () => void;
  onChanged(listener: (change: SourceChange) => void): () => void;
  /** The journal did not answer in time: readers went on and are not held until it does. */
  onLetThrough(listener: () => void): () => void;
  /** The worker died: nothing is observed or recorded any more, and no reader is held. */
  onFailed(listener: (error: Error) => void): () => void;
  /** Releases readers, syncs and ends the worker. */
  stop(): Promise<void>;
}

export type StartObserver = (options: ObserverOptions) => Promise<Observer>;
