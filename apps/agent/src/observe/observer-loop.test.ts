import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';

import type { Source } from '@vestige/contract';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { openJournalView } from '../journal/journal-view.ts';
import { Journal } from '../journal/journal.ts';
import { Recorder } from '../journal/recorder.ts';
import { ReaderPolicies } from '../policy/reader-policies.ts';
import { fan } from './fanotify.ts';
import type { Kernel } from './kernel.ts';
import type { Notice, Request } from './messages.ts';
import { ObserverLoop } from './observer-loop.ts';
import { ReaderGate } from './reader-gate.ts';
import { WatchedSources } from './watched-sources.ts';

const boot = '11111111-2222-4333-8444-555555555555';
const guid = 'ca52112c-90eb-413b-9a70-4dc67d603d55';
const source: Source = { kind: 'efi-secret', path: tmpdir() };
const wakeFd = 900;
const readsFd = 1000;
const changesFd = 1001;

let base: string;
let secretFd: number;
let steps: string[];
/** When the timers against a stall were set, among what they are for. */
let stalls: string[];
let channel: MessageChannel;
let gate: ReaderGate;
let policies: ReaderPolicies;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'vestige-loop-'));
  writeFileSync(join(base, guid), 'x');
  secretFd = openSync(join(base, guid), 'r');
  steps = [];
  stalls = [];
  gate = new ReaderGate();
  policies = new ReaderPolicies();
  channel = new MessageChannel();
});

afterEach(() => {
  closeSync(secretFd);
  channel.port1.close();
  rmSync(base, { recursive: true });
});

function access(mask: number, fd: number, pid: number): Buffer {
  const event = Buffer.alloc(24);
  event.writeUInt32LE(24, 0);
  event.writeUInt8(3, 4);
  event.writeUInt16LE(24, 6);
  event.writeBigUInt64LE(BigInt(mask), 8);
  event.writeInt32LE(fd, 16);
  event.writeInt32LE(pid, 20);
  return event;
}

/** A kernel that tells `events` on the group of reads, one at a time, and then that there are requests. */
function kernelTelling(events: Buffer[]): Kernel {
  const fds = [readsFd, changesFd, 1002];
  let polls = 0;
  return {
    fanotifyInit: () => fds.shift() ?? -1,
    fanotifyMark: () => void stalls.push('marked'),
    inotifyInit: () => fds.shift() ?? -1,
    inotifyAddWatch: () => 1,
    eventfd: () => wakeFd,
    poll: (_, milliseconds) => {
      stalls.push('polled');
      if (milliseconds === 0) return [];
      polls += 1;
      if (polls > 1 && events.length === 0) send({ ask: 'stop' });
      return polls === 1 || events.length === 0 ? [wakeFd] : [readsFd];
    },
    read: (fd, buffer) => (fd === readsFd ? (events.shift()?.copy(buffer) ?? 0) : 0),
    write: (_, bytes) => {
      steps.push(`${bytes.readUInt32LE(4) === 1 ? 'allow' : 'deny'} ${bytes.readInt32LE(0)}`);
    },
    close: (fd) => {
      steps.push(`close ${fd}`);
    },
    replace: () => undefined,
    lock: () => true,
  };
}

function send(request: Request): void {
  channel.port1.postMessage({ id: 1, request }, []);
}

function runLoop(
  events: Buffer[],
  sync = (): void => void steps.push('sync'),
  requests: Request[] = [],
): void {
  const journal = new Journal({ dir: join(base, 'journal'), boot, sync });
  send({ ask: 'watch', target: { source, kind: 'directory', path: source.path } });
  for (const request of requests) send(request);
  try {
    const kernel = kernelTelling(events);
    const wish = { best: 'fanotify', enforces: true } as const;
    new ObserverLoop({
      kernel,
      journal,
      recorder: new Recorder(journal, () => new Date().toISOString()),
      port: channel.port2,
      boot,
      sources: new WatchedSources({ kernel, gate, policies, wish, ownPid: process.pid }),
      policies,
      wakeFd,
      gate,
      holdMilliseconds: 2000,
      postponeStall: () => stalls.push('postponed'),
    }).run();
  } finally {
    journal.close();
  }
}

function failToSync(): never {
  throw Object.assign(new Error('EIO'), { code: 'EIO' });
}

function records(): unknown[] {
  return openJournalView(join(base, 'journal')).readFrom(boot, 0, 100);
}

function notices(): string[] {
  const seen: string[] = [];
  for (;;) {
    const received = receiveMessageOnPort(channel.port1);
    if (received === undefined) return seen;
    seen.push((received.message as Notice).tell);
  }
}

describe('ObserverLoop', () => {
  it('lets a reader go on only after the sync, and then closes what the kernel opened', () => {
    runLoop([access(fan.accessPermission, secretFd, process.ppid)]);
    expect(steps.slice(0, 3)).toEqual(['sync', `allow ${secretFd}`, `close ${secretFd}`]);
    expect(records()).toMatchObject([
      { type: 'secret.read', data: { secret: { name: guid, guid }, extent: 'item' } },
    ]);
    expect(notices()).toContain('recorded');
  });

  it('records several readers with one sync', () => {
    const second = openSync(join(base, guid), 'r');
    const pids = [process.ppid, 1];
    const events = [secretFd, second].map((fd, index) =>
      access(fan.accessPermission, fd, pids[index] ?? 0),
    );
    runLoop([Buffer.concat(events)]);
    closeSync(second);
    expect(steps.filter((step) => step === 'sync')).toHaveLength(1);
    expect(records()).toHaveLength(2);
  });

  it('lets a reader go on, and tells a gap, when an event cannot be understood', () => {
    runLoop([access(fan.accessPermission, 99_999, process.ppid)]);
    expect(steps).toContain('allow 99999');
    expect(records()).toMatchObject([
      { type: 'agent.gap', data: { reason: 'observer-unavailable', lost: 1, source } },
    ]);
  });

  it('lets the agent itself go on without a record', () => {
    runLoop([access(fan.accessPermission, secretFd, process.pid)]);
    expect(steps.slice(0, 2)).toEqual([`allow ${secretFd}`, `close ${secretFd}`]);
    expect(records()).toEqual([]);
  });

  it('says of a reader outside its pid namespace that it is not known', () => {
    runLoop([access(fan.accessPermission, secretFd, 0)]);
    expect(records()).toMatchObject([{ type: 'secret.read', data: { reader: null } }]);
  });

  it('is seen to be busy also while it serves a request, so that a hung disk cannot hold readers', () => {
    let heldSince: number | null = null;
    const acknowledge = vi.spyOn(Journal.prototype, 'acknowledge').mockImplementation(() => {
      heldSince = gate.heldSince;
    });
    runLoop([], undefined, [{ ask: 'acknowledge', boot, through: 0 }]);
    acknowledge.mockRestore();
    expect(heldSince).not.toBeNull();
  });

  it('sets no timer against a stall before it watches anything, and does before it marks', () => {
    runLoop([]);
    expect(stalls.slice(0, 4)).toEqual(['polled', 'polled', 'postponed', 'marked']);
  });

  it('tells an overflow of the queue as a gap', () => {
    runLoop([access(fan.queueOverflow, -1, 0)]);
    expect(records()).toMatchObject([
      { type: 'agent.gap', data: { reason: 'queue-overflow', lost: null, source } },
    ]);
  });

  it('lets a reader go on, and closes the groups, when the journal breaks', () => {
    expect(() =>
      runLoop([access(fan.accessPermission, secretFd, process.ppid)], failToSync),
    ).toThrow(expect.objectContaining({ code: 'io' }));
    expect(steps).toEqual([
      `allow ${secretFd}`,
      `close ${secretFd}`,
      `close ${readsFd}`,
      `close ${changesFd}`,
      'close 1002',
    ]);
  });

  it('refuses the opening and the read of whom a policy refuses, with the record before the answer', () => {
    const policy = { allow: [], maxReads: null, wipeAfterReads: null, wipeAfterSeconds: null };
    policies.set([{ guid, version: 3, policy }]);
    const second = openSync(join(base, guid), 'r');
    runLoop([
      access(fan.openPermission, secretFd, process.ppid),
      access(fan.accessPermission, second, process.ppid),
    ]);
    closeSync(second);
    const denials = [secretFd, second].flatMap((fd) => ['sync', `deny ${fd}`, `close ${fd}`]);
    expect(steps.slice(0, 6)).toEqual(denials);
    const denied = { type: 'secret.read-denied', data: { secret: { name: guid } } };
    expect(records()).toMatchObject([denied, denied]);
  });

  it('takes what the kernel tells after a read that was held for no other read', () => {
    const [opened, held, more, read] = Array.from({ length: 4 }, () =>
      openSync(join(base, guid), 'r'),
    ) as [number, number, number, number];
    runLoop([
      access(fan.open, secretFd, process.ppid),
      access(fan.accessPermission, held, process.ppid),
      access(fan.access, read, process.ppid),
      access(fan.accessPermission, more, process.ppid),
      access(fan.access | fan.closeNoWrite | fan.open, opened, process.ppid),
    ]);
    for (const fd of [opened, held, more, read]) closeSync(fd);
    expect(records()).toMatchObject([
      { type: 'secret.read', data: { method: 'fanotify-permission' } },
    ]);
  });

  it('tells once of a read that nobody could hold, also of whom a policy refuses', () => {
    const policy = { allow: [], maxReads: null, wipeAfterReads: null, wipeAfterSeconds: null };
    policies.set([{ guid, version: 3, policy }]);
    const [first, second] = [0, 1].map(() => openSync(join(base, guid), 'r')) as [number, number];
    runLoop([
      access(fan.accessPermission, secretFd, process.ppid),
      access(fan.access, first, process.ppid),
      access(fan.access, second, process.ppid),
    ]);
    for (const fd of [first, second]) closeSync(fd);
    expect(steps.filter((step) => /allow|deny/.test(step))).toEqual([`deny ${secretFd}`]);
    expect(records()).toMatchObject([
      { type: 'secret.read-denied' },
      { type: 'secret.read', data: { method: 'fanotify', secret: { name: guid } } },
    ]);
  });

  it('lets an opening go on without a record where no policy refuses it', () => {
    runLoop([access(fan.openPermission, secretFd, process.ppid)]);
    expect(steps.slice(0, 2)).toEqual([`allow ${secretFd}`, `close ${secretFd}`]);
    expect(records()).toEqual([]);
  });

  it('holds readers again after they were let through, and tells since when', () => {
    let letThrough = 0;
    runLoop([access(fan.accessPermission, secretFd, process.ppid)], () => {
      steps.push('sync');
      if (letThrough === 0) letThrough = Number(gate.letThrough((fd) => steps.push(`take ${fd}`)));
    });
    expect(steps.slice(0, 2)).toEqual(['sync', `take ${readsFd}`]);
    const gap = { reason: 'reader-let-through', lost: null, source, from: expect.any(String) };
    expect(records()).toMatchObject([
      { type: 'secret.read' },
      { type: 'agent.gap', data: gap as object },
    ]);
    expect(gate.isAway).toBe(false);
  });
});
