import { closeSync, openSync, writeSync } from 'node:fs';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';

import { type GuidPolicy, Observation } from '@vestige/contract';

import { JournalError } from '../journal/journal-error.ts';
import { type JournalView, openJournalView } from '../journal/journal-view.ts';
import { type Kernel, openKernel } from './kernel.ts';
import { Listeners } from './listeners.ts';
import type { Answer, Notice, Request } from './messages.ts';
import type { WorkerData } from './observer-worker.ts';
import type { Observer, ObserverOptions, Recorded, SourceChange, WatchResult } from './observer.ts';
import { holdMillisecondsDefault, ReaderGate, watchGate } from './reader-gate.ts';
import { openStallTimers, type StallTimers } from './stall-timers.ts';

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

type Started = Notice & { tell: 'started' };

/** Starts the worker. Rejects with a JournalError where its journal cannot be had. */
export async function startObserver(options: ObserverOptions): Promise<Observer> {
  const handle = new ObserverHandle(options);
  await handle.started;
  return handle;
}

/** Little of what the worker makes outlives a turn: a small heap is enough, and costs less memory than a fast one. */
const resourceLimits = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 32 };

/**
 * Always the compiled worker: Node cannot run one from TypeScript, as where tests load this file's source. Nor may it
 * inherit flags of the process that are not meant for it, such as the condition that makes packages resolve to sources.
 */
function startWorker(workerData: WorkerData, port: MessagePort): Worker {
  return new Worker(workerUrl(import.meta.url), {
    workerData,
    transferList: [port],
    execArgv: [],
    resourceLimits,
  });
}

/** The package is one script, which is its worker too. */
function workerUrl(here: string): URL {
  if (here.endsWith('.ts')) return new URL('../../dist/observe/observer-worker.js', here);
  return new URL(here.endsWith('/start-observer.js') ? './observer-worker.js' : here, here);
}

class ObserverHandle implements Observer {
  readonly journal: JournalView;
  readonly started: Promise<void>;
  readonly #kernel: Kernel;
  readonly #wakeFd: number;
  readonly #stallTimers: StallTimers | null;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #gate = new ReaderGate();
  readonly #waiting = new Map<number, Waiting>();
  readonly #recorded = new Listeners<Recorded>();
  readonly #changed = new Listeners<SourceChange>();
  readonly #failed = new Listeners<Error>();
  readonly #letThrough = new Listeners<void>();
  readonly #exited: Promise<void>;
  readonly #stopWatchingGate: () => void;
  readonly #stopOnExit = (): void => this.#send(0, { ask: 'stop' });
  #resumed = false;
  #durableThrough = -1;
  #nextId = 1;
  #failure: Error | null = null;
  #isStopping = false;

  constructor(options: ObserverOptions) {
    const { holdMilliseconds = holdMillisecondsDefault } = options;
    this.#kernel = openKernel();
    this.#stallTimers = openStallTimers(holdMilliseconds);
    this.#wakeFd = this.#kernel.eventfd();
    const { port1, port2 } = new MessageChannel();
    const workerData: WorkerData = {
      options,
      port: port2,
      wakeFd: this.#wakeFd,
      stallTimers: this.#stallTimers?.ids ?? null,
      gate: this.#gate.memory,
    };
    this.#port = port1;
    this.#worker = startWorker(workerData, port2);
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#end();
        resolve();
      });
    });
    this.started = new Promise((resolve, reject) => {
      this.#waiting.set(0, { resolve: () => resolve(), reject });
    });
    this.#port.on('message', (notice: Notice) => this.#hear(notice));
    this.#worker.on('error', (error: Error) => this.#fail(error));
    this.journal = openJournalView(options.journalDir, () => ({
      boot: options.boot,
      lastSeq: this.#durableThrough,
    }));
    this.#stopWatchingGate = this.#watchGate(holdMilliseconds);
    process.once('exit', this.#stopOnExit);
  }

  get resumed(): boolean {
    return this.#resumed;
  }

  async watch(target: Parameters<Observer['watch']>[0]): Promise<WatchResult> {
    return (await this.#ask({ ask: 'watch', target })) as WatchResult;
  }

  async unwatch(source: Parameters<Observer['unwatch']>[0]): Promise<void> {
    await this.#ask({ ask: 'unwatch', source });
  }

  async setItems(...[source, items]: Parameters<Observer['setItems']>): Promise<void> {
    await this.#ask({ ask: 'items', source, items });
  }

  async expectWipe(...[source, name]: Parameters<Observer['expectWipe']>): Promise<void> {
    await this.#ask({ ask: 'expect-wipe', source, name });
  }

  async setPolicies(policies: readonly GuidPolicy[]): Promise<void> {
    await this.#ask({ ask: 'policies', policies: [...policies] });
  }

  async setReads(counts: ReadonlyMap<string, number>): Promise<void> {
    await this.#ask({ ask: 'reads', counts });
  }

  async duringOwnAccess<T>(
    source: Parameters<Observer['unwatch']>[0],
    access: () => T | Promise<T>,
  ): Promise<T> {
    await this.#ask({ ask: 'own-access', source, isRunning: true });
    try {
      return await access();
    } finally {
      await this.#ask({ ask: 'own-access', source, isRunning: false });
    }
  }

  async append(observation: Observation): Promise<number> {
    const valid = Observation.parse(observation);
    return (await this.#ask({ ask: 'append', observation: valid })) as number;
  }

  async acknowledge(boot: string, through: number): Promise<void> {
    await this.#ask({ ask: 'acknowledge', boot, through });
  }

  onRecorded(listener: (recorded: Recorded) => void): () => void {
    return this.#recorded.add(listener);
  }

  onChanged(listener: (change: SourceChange) => void): () => void {
    return this.#changed.add(listener);
  }

  onLetThrough(listener: () => void): () => void {
    return this.#letThrough.add(listener);
  }

  onFailed(listener: (error: Error) => void): () => void {
    return this.#failed.add(listener);
  }

  async stop(): Promise<void> {
    if (this.#failure !== null) return;
    if (!this.#isStopping) this.#send(this.#nextId++, { ask: 'stop' });
    this.#isStopping = true;
    await this.#exited;
  }

  #ask(request: Request): Promise<Answer> {
    const closed = this.#failure ?? (this.#isStopping ? closedError() : null);
    if (closed !== null) return Promise.reject(closed);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send(id, request);
    });
  }

  #send(id: number, request: Request): void {
    this.#port.postMessage({ id, request }, []);
    writeSync(this.#wakeFd, new BigUint64Array([1n]));
  }

  #hear(notice: Notice): void {
    switch (notice.tell) {
      case 'started':
        this.#hearStarted(notice);
        break;
      case 'answer':
        this.#settle(notice.id, (waiting) => waiting.resolve(notice.answer));
        break;
      case 'refused':
        this.#settle(notice.id, (waiting) => waiting.reject(refusal(notice)));
        break;
      case 'recorded':
        this.#durableThrough = notice.recorded.lastSeq;
        this.#recorded.tell(notice.recorded);
        break;
      case 'changed':
        this.#changed.tell(notice.change);
        break;
    }
  }

  #hearStarted({ isResumed, nextSeq }: Started): void {
    this.#resumed = isResumed;
    this.#durableThrough = nextSeq - 1;
    this.#settle(0, (waiting) => waiting.resolve(null));
  }

  #settle(id: number, settle: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting !== undefined) settle(waiting);
  }

  /** Where the worker hangs, as on a disk that does not answer, its groups are taken away; it opens them anew. */
  #watchGate(holdMilliseconds: number): () => void {
    return watchGate({
      gate: this.#gate,
      holdMilliseconds,
      letThrough: () => {
        if (this.#replacing((replace) => this.#gate.letThrough(replace))) this.#letThrough.tell();
      },
      whileAway: () => this.#stallTimers?.postpone(0),
    });
  }

  /** What leads nowhere in a group's place closes it, and the kernel lets its readers go. */
  #replacing<T>(use: (replace: (fd: number) => void) => T): T {
    const nowhere = openSync('/dev/null', 'r+');
    try {
      return use((fd) => this.#kernel.replace(nowhere, fd));
    } finally {
      closeSync(nowhere);
    }
  }

  #fail(error: Error): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    this.#failed.tell(error);
  }

  #end(): void {
    process.off('exit', this.#stopOnExit);
    this.#stopWatchingGate();
    // Where a dead worker left a group that nobody can tell from another file, the timer still lets its readers go.
    if (this.#replacing((replace) => this.#gate.abandon(replace))) this.#stallTimers?.end();
    else this.#stallTimers?.killAtBound();
    if (!this.#isStopping) this.#fail(new Error('the observer ended'));
    for (const waiting of this.#waiting.values()) waiting.reject(closedError());
    this.#waiting.clear();
    this.#port.close();
    closeSync(this.#wakeFd);
  }
}

function closedError(): JournalError {
  return new JournalError('closed', 'the observer is stopped');
}

function refusal({ code, message }: Notice & { tell: 'refused' }): Error {
  return code === null ? new Error(message) : new JournalError(code, message);
}
