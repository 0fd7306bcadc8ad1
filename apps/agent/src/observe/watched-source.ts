import { fstatSync } from 'node:fs';

import type { ObservationMethod, Reader, SecretRef } from '@vestige/contract';

import type { ReaderPolicies } from '../policy/reader-policies.ts';
import { fan, type FanotifyEvent, noDescriptor, parseFanotifyEvents } from './fanotify.ts';
import { identifyReader, startTimeOf } from './identify.ts';
import { inotify, type InotifyEvent, parseInotifyEvents } from './inotify.ts';
import { type Kernel, KernelError } from './kernel.ts';
import { nameInDirectory } from './name-in-directory.ts';
import { OpenReads, type Verdict } from './open-reads.ts';
import { type Doer, SourceSight } from './source-sight.ts';
import type { EventDescriptor, Turn } from './turn.ts';
import { descriptorsOf, isHeld, markReplacement, type Watch } from './watch.ts';

/** Each event opens a descriptor; where the process may open no more, the kernel denies the reader. */
const eventsMax = 128;
const metadataBytes = 24;
const namesBytes = 16 * 1024;
const overflowed = 'queue-overflow';
/** Read errors of a group that say that it cannot be used at all; of any other, one event is lost. */
const groupErrors = ['EBADF', 'EFAULT', 'EINVAL'];

const permissions = fan.openPermission | fan.accessPermission;

export interface SourceParts {
  readonly kernel: Kernel;
  readonly policies: ReaderPolicies;
  readonly ownPid: number;
}

/** A source under watch: takes the kernel's events off its descriptors and says what they mean. */
export class WatchedSource {
  readonly watch: Watch;
  readonly sight: SourceSight;
  readonly #kernel: Kernel;
  readonly #ownPid: number;
  readonly #policies: ReaderPolicies;
  readonly #openReads = new OpenReads();
  /** Reads that nobody could hold, though others are: through descriptors from before the watch; see `heldMask`. */
  readonly #unheldReads = new OpenReads();
  readonly #accessBuffer = Buffer.alloc(eventsMax * metadataBytes);
  readonly #namesBuffer = Buffer.alloc(namesBytes);
  #isLost = false;
  #mayHoldMore = false;
  /** How often the file was opened since the agent's own access began; null while there is none. */
  #opensDuringOwnAccess: number | null = null;

  constructor(watch: Watch, { kernel, policies, ownPid }: SourceParts) {
    this.#kernel = kernel;
    this.watch = watch;
    this.sight = new SourceSight(watch.target);
    this.#policies = policies;
    this.#ownPid = ownPid;
  }

  /** Whether the last look at the reads may not have taken all that waited. */
  get mayHoldMore(): boolean {
    return this.#mayHoldMore;
  }

  /** See `OpenReads.judgeAnew`. */
  forgetVerdicts(): void {
    this.#openReads.judgeAnew();
  }

  /** Sees one batch of each descriptor that has something. */
  drain(turn: Turn, ready: ReadonlySet<number>): void {
    const { readsFd, changesFd, inotifyFd } = this.watch;
    this.#mayHoldMore = false;
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
    const bytes = this.#readAccesses(turn, groupFd);
    this.#mayHoldMore = bytes.length === this.#accessBuffer.length;
    const events = parseFanotifyEvents(bytes).map((event) => {
      const isAnswered = isHeld(this.watch) && (event.mask & permissions) !== 0;
      const descriptor = { groupFd, fd: event.fd, isHeld: isAnswered, isDenied: false };
      if (event.fd !== noDescriptor) turn.hold(descriptor);
      return { event, descriptor };
    });
    for (const { event, descriptor } of events) {
      const isUnderstood = this.#guard(turn, () => this.#seeAccess(turn, event, descriptor));
      // Where anybody may be refused, who cannot be judged is: to fail must not be a way in.
      if (!isUnderstood && this.#policies.areInForce) descriptor.isDenied = true;
    }
  }

  #seeAccess(turn: Turn, event: FanotifyEvent, descriptor: EventDescriptor): void {
    const { mask, pid, fd } = event;
    if ((mask & fan.queueOverflow) !== 0) turn.miss(this.sight.source, overflowed, null);
    if (fd === noDescriptor || pid === this.#ownPid) return;
    const { dev, ino } = fstatSync(fd);
    const file = `${dev}:${ino}`;
    if ((mask & fan.openPermission) !== 0) descriptor.isDenied = this.#isOpenDenied(turn, event);
    /** Before the rest: whoever opens it under watch is held before it reads, so the read is of an earlier opening. */
    if ((mask & fan.access) !== 0 && isHeld(this.watch)) this.#seeUnheldRead(turn, event, file);
    /** An opening that another process closed was left behind; one event may carry opening, reads and closing. */
    if ((mask & fan.open) !== 0) this.#openReads.forget(pid, file);
    if ((mask & this.#readMask) !== 0)
      descriptor.isDenied = this.#verdictOf(turn, event, file) === 'denied';
    if ((mask & (fan.closeWrite | fan.closeNoWrite)) === 0) return;
    this.#openReads.forget(pid, file);
    this.#unheldReads.forget(pid, file);
  }

  /** What tells of a read first. */
  get #readMask(): number {
    return isHeld(this.watch) ? fan.accessPermission : fan.access;
  }

  /** The kernel tells of each read that was let go on once more. Any other has happened, and no policy can refuse it. */
  #seeUnheldRead(turn: Turn, { fd, pid }: FanotifyEvent, file: string): void {
    if (this.#openReads.isAllowed(pid, file)) return;
    const startTime = startTimeOf(pid);
    if (this.#unheldReads.verdictOf(pid, startTime, file) !== null) return;
    this.#unheldReads.remember(pid, startTime, file, 'allowed');
    const secrets = this.sight.secretsRead(this.#nameOf(fd));
    this.#seeRead(turn, secrets, identifyKnown(pid), 'fanotify');
  }

  /** An opening is no read yet: it is recorded only where it is refused. */
  #isOpenDenied(turn: Turn, { fd, pid }: FanotifyEvent): boolean {
    const secrets = this.sight.secretsRead(this.#nameOf(fd)) ?? [];
    if (!this.#policies.concern(secrets)) return false;
    return this.#isRefused(turn, secrets, identifyKnown(pid));
  }

  /** One read for each opening, however many parts it has; what was said of its first part holds for all. */
  #verdictOf(turn: Turn, { fd, pid }: FanotifyEvent, file: string): Verdict {
    const startTime = startTimeOf(pid);
    const known = this.#openReads.verdictOf(pid, startTime, file);
    if (known !== null) return known;
    const secrets = this.sight.secretsRead(this.#nameOf(fd));
    const reader = identifyKnown(pid);
    const isDenied = isHeld(this.watch) && this.#isRefused(turn, secrets ?? [], reader);
    const verdict = isDenied ? 'denied' : 'allowed';
    this.#openReads.remember(pid, startTime, file, verdict);
    if (!isDenied) this.#seeRead(turn, secrets, reader, this.watch.result.method);
    return verdict;
  }

  #isRefused(turn: Turn, secrets: readonly SecretRef[], reader: Reader | null): boolean {
    const refusals = this.#policies.refusals(secrets, reader);
    this.sight.denied(turn, refusals, reader);
    return refusals.length > 0;
  }

  #seeRead(
    turn: Turn,
    ...[secrets, reader, method]: [SecretRef[] | null, Reader | null, ObservationMethod]
  ): void {
    for (const secret of secrets ?? []) this.#policies.countRead(secret);
    this.sight.read(turn, secrets, reader, method);
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
    if (isRead && this.#openReads.verdictOf(0, null, file) === null) {
      this.#openReads.remember(0, null, file, 'allowed');
      this.#seeRead(turn, this.sight.secretsRead(event.name), null, 'inotify');
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
  #guard(turn: Turn, see: () => void): boolean {
    try {
      see();
      return true;
    } catch {
      turn.miss(this.sight.source, 'observer-unavailable', 1);
      return false;
    }
  }
}

/** The kernel tells 0 of a process outside the agent's pid namespace. */
function identifyKnown(pid: number): Reader | null {
  return pid === 0 ? null : identifyReader(pid);
}
