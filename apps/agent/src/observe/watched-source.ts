import { fstatSync } from 'node:fs';

import type { Reader } from '@vestige/contract';

import { fan, type FanotifyEvent, noDescriptor, parseFanotifyEvents } from './fanotify.ts';
import { identify, startTimeOf } from './identify.ts';
import { inotify, type InotifyEvent, parseInotifyEvents } from './inotify.ts';
import { type Kernel, KernelError } from './kernel.ts';
import { nameInDirectory } from './name-in-directory.ts';
import { OpenReads } from './open-reads.ts';
import { type Doer, SourceSight } from './source-sight.ts';
import type { Turn } from './turn.ts';
import { descriptorsOf, isHeld, markReplacement, type Watch } from './watch.ts';

/** Each event opens a descriptor; where the process may open no more, the kernel denies the reader. */
const eventsMax = 128;
const metadataBytes = 24;
const namesBytes = 16 * 1024;
const overflowed = 'queue-overflow';
/** Read errors of a group that say that it cannot be used at all; of any other, one event is lost. */
const groupErrors = ['EBADF', 'EFAULT', 'EINVAL'];

/** A source under watch: takes the kernel's events off its descriptors and says what they mean. */
export class WatchedSource {
  readonly watch: Watch;
  readonly sight: SourceSight;
  readonly #kernel: Kernel;
  readonly #ownPid: number;
  readonly #openReads = new OpenReads();
  readonly #accessBuffer = Buffer.alloc(eventsMax * metadataBytes);
  readonly #namesBuffer = Buffer.alloc(namesBytes);
  #isLost = false;
  /** How often the file was opened since the agent's own access began; null while there is none. */
  #opensDuringOwnAccess: number | null = null;

  constructor(kernel: Kernel, watch: Watch, ownPid: number) {
    this.#kernel = kernel;
    this.watch = watch;
    this.sight = new SourceSight(watch.target);
    this.#ownPid = ownPid;
  }

  /** Sees one batch of each descriptor that has something. */
  drain(turn: Turn, ready: ReadonlySet<number>): void {
    const { readsFd, changesFd, inotifyFd } = this.watch;
    if (readsFd !== null && ready.has(readsFd)) this.#drainAccesses(turn, readsFd);
    if (changesFd !== null && ready.has(changesFd)) this.#drainChanges(turn, changesFd);
    if (ready.has(inotifyFd)) this.#drainInotify(turn, inotifyFd);
  }

  /** What happened before the access began or after it ended is judged without it. */
  setOwnAccess(turn: Turn, isRunning: boolean): void {
    this.drain(turn, new Set(descriptorsOf(this.watch)));
    this.#opensDuringOwnAccess = isRunning ? 0 : null;
    if (!isRunning && this.watch.readsFd === null) this.#openReads.clear();
  }

  /** Every event's descriptor is in the turn, to be answered and closed, before anything else can go wrong. */
  #drainAccesses(turn: Turn, groupFd: number): void {
    const events = parseFanotifyEvents(this.#readAccesses(turn, groupFd));
    for (const { fd, mask } of events) {
      const isWaiting = isHeld(this.watch) && (mask & fan.accessPermission) !== 0;
      if (fd !== noDescriptor) turn.hold({ groupFd, fd, isHeld: isWaiting });
    }
    for (const event of events) this.#guard(turn, () => this.#seeAccess(turn, event));
  }

  #seeAccess(turn: Turn, event: FanotifyEvent): void {
    if ((event.mask & fan.queueOverflow) !== 0) turn.miss(this.sight.source, overflowed, null);
    if (event.fd === noDescriptor || event.pid === this.#ownPid) return;
    const { dev, ino } = fstatSync(event.fd);
    const file = `${dev}:${ino}`;
    /** An opening that another process closed was left behind; one event may carry opening, reads and closing. */
    if ((event.mask & fan.open) !== 0) this.#openReads.forget(event.pid, file);
    const isRead = (event.mask & (fan.accessPermission | fan.access)) !== 0;
    if (isRead && this.#openReads.isFirst(event.pid, startTimeOf(event.pid), file)) {
      const reader = identifyKnown(event.pid);
      this.sight.read(turn, this.#nameOf(event.fd), reader, this.watch.result.method);
    }
    if ((event.mask & (fan.closeWrite | fan.closeNoWrite)) !== 0) {
      this.#openReads.forget(event.pid, file);
    }
  }

  #drainChanges(turn: Turn, groupFd: number): void {
    for (const event of parseFanotifyEvents(this.#readFrom(groupFd, this.#namesBuffer))) {
      if (!this.#concerns(event)) continue;
      const isAgent = event.pid === this.#ownPid;
      this.#guard(turn, () => {
        const actor = isAgent ? null : identifyKnown(event.pid);
        this.#seeChange(turn, event, { actor, isAgent, method: 'fanotify' });
      });
    }
  }

  /** In an image's directory most events are of other files. */
  #concerns({ mask, name }: FanotifyEvent): boolean {
    return (mask & fan.modify) !== 0 || name === null || this.sight.isOurs(name);
  }

  #drainInotify(turn: Turn, fd: number): void {
    const doer: Doer = { actor: null, isAgent: false, method: 'inotify' };
    for (const event of parseInotifyEvents(this.#readFrom(fd, this.#namesBuffer))) {
      this.#guard(turn, () => {
        if ((event.mask & inotify.isDirectory) === 0) this.#seeNamelessAccess(turn, event);
        this.#seeChange(turn, event, doer);
        this.#seeEnd(turn, event.mask);
      });
    }
  }

  /** The bits for names and overflow are the same in both interfaces. One event may carry several, in no known order. */
  #seeChange(turn: Turn, event: { mask: number; name: string | null }, doer: Doer): void {
    const { mask, name } = event;
    if ((mask & fan.queueOverflow) !== 0) turn.miss(this.sight.source, overflowed, null);
    if ((mask & fan.modify) !== 0) this.sight.modified(turn, doer);
    if (name === null || (mask & fan.onDirectory) !== 0) return;
    if ((mask & (fan.delete | fan.movedFrom)) !== 0) this.sight.deleted(turn, name, doer);
    if ((mask & (fan.create | fan.movedTo)) !== 0 && this.sight.created(turn, name, doer)) {
      this.#followImage(turn);
    }
  }

  /** The new image could be read before it was marked, and who did is not known. */
  #followImage(turn: Turn): void {
    markReplacement(this.#kernel, this.watch);
    turn.miss(this.sight.source, 'mark-lost', null);
  }

  #seeNamelessAccess(turn: Turn, event: InotifyEvent): void {
    const file = event.name ?? '';
    if ((event.mask & inotify.open) !== 0 && this.#opensDuringOwnAccess !== null) {
      this.#opensDuringOwnAccess += 1;
    }
    const isOwn = this.#opensDuringOwnAccess !== null && this.#opensDuringOwnAccess <= 1;
    const isRead = (event.mask & inotify.access) !== 0 && !isOwn;
    if (isRead && this.#openReads.isFirst(0, null, file)) {
      this.sight.read(turn, event.name, null, 'inotify');
    }
    if ((event.mask & (inotify.closeWrite | inotify.closeNoWrite)) !== 0) {
      this.#openReads.forget(0, file);
    }
  }

  /** An image's own end shows in its directory, by name. */
  #seeEnd(turn: Turn, mask: number): void {
    const isDirectory = this.watch.target.kind === 'directory';
    const end = inotify.unmount | (isDirectory ? inotify.deleteSelf | inotify.moveSelf : 0);
    if ((mask & end) === 0 || this.#isLost) return;
    this.#isLost = true;
    this.sight.lost(turn);
  }

  /** Where the kernel cannot open an event's file, as when the process may open no more, it denies that reader. */
  #readAccesses(turn: Turn, groupFd: number): Buffer {
    try {
      return this.#readFrom(groupFd, this.#accessBuffer);
    } catch (error) {
      if (!(error instanceof KernelError) || groupErrors.includes(error.errno)) throw error;
      turn.miss(this.sight.source, 'observer-unavailable', 1);
      return Buffer.alloc(0);
    }
  }

  /** An image's secrets are not told by name. */
  #nameOf(fd: number): string | null {
    const { kind, path } = this.watch.target;
    return kind === 'file' ? null : nameInDirectory(fd, path, this.sight.names());
  }

  #readFrom(fd: number, buffer: Buffer): Buffer {
    return buffer.subarray(0, this.#kernel.read(fd, buffer));
  }

  /** One event that cannot be understood is a gap, and takes nothing else with it. */
  #guard(turn: Turn, see: () => void): void {
    try {
      see();
    } catch {
      turn.miss(this.sight.source, 'observer-unavailable', 1);
    }
  }
}

/** The kernel tells 0 of a process outside the agent's pid namespace. */
function identifyKnown(pid: number): Reader | null {
  return pid === 0 ? null : identify(pid);
}
