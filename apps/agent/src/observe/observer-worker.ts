import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { type MessagePort, workerData } from 'node:worker_threads';

import { JournalError } from '../journal/journal-error.ts';
import { Journal } from '../journal/journal.ts';
import { Recorder } from '../journal/recorder.ts';
import { ReaderPolicies } from '../policy/reader-policies.ts';
import { type Kernel, openKernel } from './kernel.ts';
import type { Notice } from './messages.ts';
import { ObserverLoop } from './observer-loop.ts';
import type { ObserverOptions } from './observer.ts';
import { holdMillisecondsDefault, ReaderGate } from './reader-gate.ts';
import { openStallTimers } from './stall-timers.ts';
import { now } from './turn.ts';
import { WatchedSources } from './watched-sources.ts';

/** What the main thread hands to the worker. */
export interface WorkerData {
  options: ObserverOptions;
  port: MessagePort;
  wakeFd: number;
  /** Which timers to set anew; see `StallTimers`. */
  stallTimers: readonly bigint[] | null;
  /** See `ReaderGate`. */
  gate: SharedArrayBuffer;
}

runWorker(workerData as WorkerData);

function runWorker(data: WorkerData): void {
  const kernel = openKernel();
  const { journal, lockFd } = openJournal(kernel, data);
  try {
    startLoop(kernel, journal, data).run();
  } finally {
    journal.close();
    kernel.close(lockFd);
    data.port.close();
  }
}

function startLoop(kernel: Kernel, journal: Journal, data: WorkerData): ObserverLoop {
  const { options, port, wakeFd } = data;
  const { boot, best = 'fanotify', enforces = false } = options;
  const gate = new ReaderGate(data.gate);
  const policies = new ReaderPolicies();
  const { holdMilliseconds = holdMillisecondsDefault } = options;
  const timers =
    data.stallTimers === null ? null : openStallTimers(holdMilliseconds, data.stallTimers);
  const started: Notice = {
    tell: 'started',
    isResumed: journal.resumed,
    nextSeq: journal.nextSeq,
  };
  port.postMessage(started, []);
  return new ObserverLoop({
    kernel,
    journal,
    recorder: new Recorder(journal, now),
    port,
    boot,
    sources: new WatchedSources({
      kernel,
      gate,
      policies,
      wish: { best, enforces },
      ownPid: process.pid,
    }),
    policies,
    wakeFd,
    gate,
    holdMilliseconds,
    postponeStall: (waited) => timers?.postpone(waited),
  });
}

function openJournal(kernel: Kernel, data: WorkerData): { journal: Journal; lockFd: number } {
  const { journalDir: dir, boot, journalBytesMax } = data.options;
  try {
    const lockFd = lockJournal(kernel, dir);
    const bound = journalBytesMax === undefined ? {} : { bytesMax: journalBytesMax };
    return { journal: new Journal({ dir, boot, ...bound }), lockFd };
  } catch (error) {
    const code = error instanceof JournalError ? error.code : 'io';
    const refused: Notice = { tell: 'refused', id: 0, code, message: (error as Error).message };
    data.port.postMessage(refused, []);
    throw error;
  }
}

/** Two writers would give out the same seqs. The lock ends with the process. */
function lockJournal(kernel: Kernel, journalDir: string): number {
  mkdirSync(journalDir, { recursive: true, mode: 0o700 });
  const fd = openSync(join(journalDir, 'lock'), 'a', 0o600);
  if (kernel.lock(fd)) return fd;
  kernel.close(fd);
  throw new JournalError('locked', `another agent uses ${journalDir}`);
}
