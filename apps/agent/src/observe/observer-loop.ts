import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';

import type { Observation, Source } from '@vestige/contract';

import { JournalError } from '../journal/journal-error.ts';
import type { Journal } from '../journal/journal.ts';
import type { Recorder } from '../journal/recorder.ts';
import type { ReaderPolicies } from '../policy/reader-policies.ts';
import type { Kernel } from './kernel.ts';
import type { Answer, Notice, NumberedRequest, Request } from './messages.ts';
import type { WatchResult, WatchTarget } from './observer.ts';
import { monotonicMilliseconds, type ReaderGate } from './reader-gate.ts';
import { isTellable } from './tellable.ts';
import { now, Turn } from './turn.ts';
import type { WatchedSources } from './watched-sources.ts';

export interface LoopParts {
  kernel: Kernel;
  journal: Journal;
  recorder: Recorder;
  port: MessagePort;
  boot: string;
  sources: WatchedSources;
  policies: ReaderPolicies;
  /** An eventfd that the main thread writes to when it has sent a request. */
  wakeFd: number;
  gate: ReaderGate;
  /** The longest that a reader may wait. */
  holdMilliseconds: number;
  /** Says that this thread runs; see `StallTimers`. */
  postponeStall: (waitedMilliseconds: number) => void;
}

type SourceRequest = Extract<Request, { source: Source }>;
type Append = NumberedRequest & { request: { ask: 'append' } };

/** How often in the time that a reader may wait the worker looks up where nothing happens, to say that it runs. */
const looksPerBound = 4;

/** Fewer leave nothing that is worth collecting. */
const turnsPerTidy = 200;

/** Where somebody always waits, one of so many turns takes some milliseconds more. */
const busyTurnsPerTidy = 10_000;

/** Watches, records and answers. It blocks its thread in poll(2), and so reads the main thread's requests itself. */
export class ObserverLoop {
  readonly #parts: LoopParts;
  readonly #wakeBuffer = Buffer.alloc(8);
  #isStopped = false;
  #mayHold = false;
  #turnsSinceTidy = 0;

  constructor(parts: LoopParts) {
    this.#parts = parts;
  }

  /** Runs until it is stopped. However it ends, closing the descriptors lets every held reader go on. */
  run(): void {
    try {
      while (!this.#isStopped) this.#runTurn();
    } finally {
      this.#parts.sources.close();
    }
  }

  #runTurn(): void {
    const { kernel, wakeFd, gate, sources } = this.#parts;
    this.#turnsSinceTidy += 1;
    if (gate.isLetThrough) this.#holdAgain();
    const watched = sources.descriptors;
    const ready = new Set(this.#waitFor([wakeFd, ...watched]));
    if (ready.has(wakeFd)) kernel.read(wakeFd, this.#wakeBuffer);
    const requests = this.#takeRequests();
    /** What happened before a request was sent is recorded before it, also if poll did not know of it yet. */
    const drained = requests.length === 0 ? ready : new Set(watched);
    const begun = monotonicMilliseconds();
    const turn = new Turn();
    try {
      sources.drain(turn, drained);
      this.#record(turn, requests.filter(isAppend));
    } finally {
      turn.release(kernel);
    }
    this.#tidy(busyTurnsPerTidy);
    for (const change of turn.changes) this.#tell({ tell: 'changed', change });
    for (const request of requests) if (!isAppend(request)) this.#serve(request);
    // Whoever waits now came after the queue was emptied; where it may not have been, as early as any before.
    if (!sources.mayHoldMore) gate.hold(begun);
  }

  /** The descriptors that have something. While this thread sleeps nobody waits, and it wakes as soon as somebody does. */
  #waitFor(fds: readonly number[]): number[] {
    const { kernel, gate, holdMilliseconds } = this.#parts;
    this.#postponeStall(monotonicMilliseconds() - (gate.heldSince ?? monotonicMilliseconds()));
    const atOnce = kernel.poll(fds, 0);
    if (atOnce.length > 0) return atOnce;
    gate.rest();
    this.#postponeStall(0);
    const ready = kernel.poll(fds, Math.ceil(holdMilliseconds / looksPerBound));
    if (ready.length === 0) this.#tidy(turnsPerTidy);
    gate.hold(monotonicMilliseconds());
    this.#postponeStall(0);
    return ready;
  }

  /** A start may take its time: before anything is watched nobody can wait. */
  #postponeStall(waitedMilliseconds: number): void {
    if (this.#mayHold) this.#parts.postponeStall(waitedMilliseconds);
  }

  /** Collects what a busy time left, where it can be while nobody waits: see `keepHeapSmall`. */
  #tidy(afterTurns: number): void {
    if (this.#turnsSinceTidy < afterTurns) return;
    this.#turnsSinceTidy = 0;
    globalThis.gc?.();
  }

  /** The disk did not answer in time, and the main thread took away the groups that held readers. */
  #holdAgain(): void {
    const { gate, sources } = this.#parts;
    const turn = new Turn();
    const awayMilliseconds = monotonicMilliseconds() - gate.awaySince;
    sources.reopen(turn, new Date(Date.now() - awayMilliseconds).toISOString());
    gate.hold(monotonicMilliseconds());
    this.#record(turn, []);
    for (const change of turn.changes) this.#tell({ tell: 'changed', change });
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
    if ('source' in request) return this.#doWith(request);
    switch (request.ask) {
      case 'watch':
        return this.#watch(request.target);
      case 'stop':
        this.#isStopped = true;
        break;
      case 'acknowledge':
        this.#acknowledge(request.boot, request.through);
        break;
      case 'policies':
        this.#parts.policies.set(request.policies);
        this.#parts.sources.forgetVerdicts();
        break;
      case 'reads':
        this.#parts.policies.setReads(request.counts);
        break;
      case 'append':
        break;
    }
    return null;
  }

  #doWith(request: SourceRequest): null {
    const { sources } = this.#parts;
    switch (request.ask) {
      case 'unwatch':
        this.#whileOpen(() => sources.unwatch(request.source));
        break;
      case 'items':
        sources.of(request.source).sight.setItems(request.items);
        break;
      case 'expect-wipe':
        sources.of(request.source).sight.expectWipe(request.name);
        break;
      case 'own-access':
        this.#setOwnAccess(request.source, request.isRunning);
        break;
    }
    return null;
  }

  #watch(target: WatchTarget): WatchResult {
    this.#mayHold = true;
    this.#postponeStall(0);
    return this.#whileOpen(() => this.#parts.sources.watch(target));
  }

  /** Where readers were let through earlier in this turn, they are held again first. */
  #whileOpen<T>(change: () => T): T {
    if (this.#parts.gate.isLetThrough) this.#holdAgain();
    return change();
  }

  #setOwnAccess(source: Source, isRunning: boolean): void {
    const turn = new Turn();
    try {
      this.#parts.sources.of(source).setOwnAccess(turn, isRunning);
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

/** The last guard: one record that the service would refuse must not hold up all that come after it. */
function fitToContract(observation: Observation): Observation {
  if (isTellable(observation)) return observation;
  const at = now();
  const data = { from: null, until: at, lost: 1, source: null };
  return { type: 'agent.gap', at, data: { ...data, reason: 'observer-unavailable' } };
}
