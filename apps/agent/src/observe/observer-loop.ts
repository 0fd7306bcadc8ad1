import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';

import { Observation, type Source } from '@vestige/contract';

import { JournalError } from '../journal/journal-error.ts';
import type { Journal } from '../journal/journal.ts';
import type { Recorder } from '../journal/recorder.ts';
import type { Kernel } from './kernel.ts';
import type { Answer, Notice, NumberedRequest, Request } from './messages.ts';
import type { WatchResult, WatchTarget } from './observer.ts';
import { now, Turn } from './turn.ts';
import { progressAt } from './watch-progress.ts';
import { closeWatch, descriptorsOf, openWatch } from './watch.ts';
import { WatchedSource } from './watched-source.ts';

export interface LoopParts {
  kernel: Kernel;
  journal: Journal;
  recorder: Recorder;
  port: MessagePort;
  boot: string;
  best: 'fanotify' | 'inotify';
  /** The process whose own accesses are not recorded. */
  ownPid: number;
  /** An eventfd that the main thread writes to when it has sent a request. */
  wakeFd: number;
  /** What the main thread sees of this thread; see `progressAt`. */
  progress: Int32Array;
  /** Says that this thread runs; see `KillTimer`. */
  postponeKill: () => void;
}

type Append = NumberedRequest & { request: { ask: 'append' } };

/** Bounds how long the worker can outlive a main thread that ended without stopping it. */
const pollMilliseconds = 1000;

/** Watches, records and answers. It blocks its thread in poll(2), and so reads the main thread's requests itself. */
export class ObserverLoop {
  readonly #parts: LoopParts;
  readonly #sources = new Map<string, WatchedSource>();
  readonly #wakeBuffer = Buffer.alloc(8);
  #isStopped = false;

  constructor(parts: LoopParts) {
    this.#parts = parts;
  }

  /** Runs until it is stopped. However it ends, closing the descriptors lets every held reader go on. */
  run(): void {
    try {
      while (!this.#isStopped) this.#runTurn();
    } finally {
      Atomics.store(this.#parts.progress, progressAt.closed, 1);
      for (const { watch } of this.#sources.values()) closeWatch(this.#parts.kernel, watch);
    }
  }

  #runTurn(): void {
    const { kernel, wakeFd, progress, postponeKill } = this.#parts;
    const watched = [...this.#sources.values()].flatMap(({ watch }) => descriptorsOf(watch));
    const ready = new Set(kernel.poll([wakeFd, ...watched], pollMilliseconds));
    Atomics.add(progress, progressAt.turnsBegun, 1);
    postponeKill();
    if (ready.has(wakeFd)) kernel.read(wakeFd, this.#wakeBuffer);
    const requests = this.#takeRequests();
    /** What happened before a request was sent is recorded before it, also if poll did not know of it yet. */
    const drained = requests.length === 0 ? ready : new Set(watched);
    const turn = new Turn();
    try {
      for (const source of this.#sources.values()) source.drain(turn, drained);
      this.#record(turn, requests.filter(isAppend));
    } finally {
      turn.release(kernel);
    }
    for (const change of turn.changes) this.#tell({ tell: 'changed', change });
    for (const request of requests) if (!isAppend(request)) this.#serve(request);
    /** Serving may write to the disk, too, and readers wait as long. */
    Atomics.add(progress, progressAt.turnsEnded, 1);
  }

  #takeRequests(): NumberedRequest[] {
    const requests: NumberedRequest[] = [];
    for (;;) {
      const received = receiveMessageOnPort(this.#parts.port);
      if (received === undefined) return requests;
      requests.push(received.message as NumberedRequest);
    }
  }

  /** What the kernel showed and what the main thread asked for become durable with one sync. */
  #record(turn: Turn, appends: readonly Append[]): void {
    const seen = turn.observations.map(fitToContract);
    const batch = [...seen, ...appends.map(({ request }) => request.observation)];
    if (batch.length === 0) return;
    try {
      const firstSeq = this.#announcing(() => this.#parts.recorder.record(batch, seen.length));
      for (const [index, { id }] of appends.entries()) {
        this.#tell({ tell: 'answer', id, answer: firstSeq + seen.length + index });
      }
    } catch (error) {
      if (!(error instanceof JournalError) || error.code !== 'full') throw error;
      for (const { id } of appends) this.#refuse(id, error);
    }
  }

  /** Announces whatever was recorded, which on a full journal may be more or other than what was asked for. */
  #announcing<T>(write: () => T): T {
    const firstSeq = this.#parts.journal.nextSeq;
    try {
      return write();
    } finally {
      const lastSeq = this.#parts.journal.nextSeq - 1;
      const recorded = { boot: this.#parts.boot, firstSeq, lastSeq };
      if (lastSeq >= firstSeq) this.#tell({ tell: 'recorded', recorded });
    }
  }

  #serve({ id, request }: NumberedRequest): void {
    try {
      this.#tell({ tell: 'answer', id, answer: this.#do(request) });
    } catch (error) {
      this.#refuse(id, error as Error);
    }
  }

  #do(request: Request): Answer {
    switch (request.ask) {
      case 'watch':
        return this.#watch(request.target);
      case 'unwatch':
        this.#unwatch(request.source);
        break;
      case 'items':
        this.#watchedOf(request.source).sight.setItems(request.items);
        break;
      case 'expect-wipe':
        this.#watchedOf(request.source).sight.expectWipe(request.name);
        break;
      case 'own-access':
        this.#setOwnAccess(request.source, request.isRunning);
        break;
      case 'acknowledge':
        this.#acknowledge(request.boot, request.through);
        break;
      case 'stop':
        this.#isStopped = true;
        break;
      case 'append':
        break;
    }
    return null;
  }

  #watch(target: WatchTarget): WatchResult {
    const { kernel, ownPid, best } = this.#parts;
    const watched = new WatchedSource(kernel, openWatch(kernel, target, best), ownPid);
    const previous = this.#sources.get(keyOf(target.source));
    if (previous !== undefined) {
      watched.sight.inherit(previous.sight);
      this.#unwatch(target.source);
    }
    this.#sources.set(keyOf(target.source), watched);
    this.#tellDescriptors();
    return watched.watch.result;
  }

  #unwatch(source: Source): void {
    const watched = this.#sources.get(keyOf(source));
    if (watched === undefined) return;
    this.#sources.delete(keyOf(source));
    this.#tellDescriptors();
    closeWatch(this.#parts.kernel, watched.watch);
  }

  #setOwnAccess(source: Source, isRunning: boolean): void {
    const turn = new Turn();
    try {
      this.#watchedOf(source).setOwnAccess(turn, isRunning);
      this.#record(turn, []);
    } finally {
      turn.release(this.#parts.kernel);
    }
    for (const change of turn.changes) this.#tell({ tell: 'changed', change });
  }

  #acknowledge(boot: string, through: number): void {
    this.#parts.journal.acknowledge(boot, through);
    try {
      this.#announcing(() => this.#parts.recorder.recover());
    } catch (error) {
      if (!(error instanceof JournalError) || error.code !== 'full') throw error;
    }
  }

  #watchedOf(source: Source): WatchedSource {
    const watched = this.#sources.get(keyOf(source));
    if (watched === undefined) throw new Error(`${source.kind} at ${source.path} is not watched`);
    return watched;
  }

  /** Of the groups that hold readers, so that the main thread can let them go on where this thread cannot. */
  #tellDescriptors(): void {
    const fds = [...this.#sources.values()].flatMap(({ watch }) => watch.readsFd ?? []);
    this.#tell({ tell: 'descriptors', fds });
  }

  #refuse(id: number, error: Error): void {
    const code = error instanceof JournalError ? error.code : null;
    this.#tell({ tell: 'refused', id, code, message: error.message });
  }

  #tell(notice: Notice): void {
    this.#parts.port.postMessage(notice, []);
  }
}

function isAppend(numbered: NumberedRequest): numbered is Append {
  return numbered.request.ask === 'append';
}

function keyOf(source: Source): string {
  return `${source.kind} ${source.path}`;
}

/** The last guard: one record that the service would refuse must not hold up all that come after it. */
function fitToContract(observation: Observation): Observation {
  if (Observation.safeParse(observation).success) return observation;
  const at = now();
  const data = { from: null, until: at, lost: 1, source: null };
  return { type: 'agent.gap', at, data: { ...data, reason: 'observer-unavailable' } };
}
