import { getSystemErrorName } from 'node:util';

import koffi from 'koffi';

/** A system call that the kernel refused. */
export class KernelError extends Error {
  readonly errno: string;

  constructor(call: string, errno: string) {
    super(`${call}: ${errno}`);
    this.name = 'KernelError';
    this.errno = errno;
  }
}

/** The system calls that Node lacks. All block the calling thread; none uses libuv's thread pool, which readers may fill. */
export interface Kernel {
  fanotifyInit(flags: number, eventFlags: number): number;
  fanotifyMark(fd: number, flags: number, mask: number, path: string): void;
  inotifyInit(flags: number): number;
  inotifyAddWatch(fd: number, path: string, mask: number): number;
  eventfd(): number;
  /** The readable ones of `fds`, after at most `milliseconds`. */
  poll(fds: readonly number[], milliseconds: number): number[];
  /** Bytes read into `buffer`; 0 where nothing is there yet. */
  read(fd: number, buffer: Buffer): number;
  write(fd: number, bytes: Buffer): void;
  close(fd: number): void;
  /** Puts `onto` to what `fd` is, and so closes what it was. */
  replace(fd: number, onto: number): void;
  /** Whether the lock could be had; it lasts until the descriptor is closed. */
  lock(fd: number): boolean;
}

type Call = (...args: unknown[]) => number | bigint;

const currentDirectory = -100;
const closeOnExec = 0o2000000;
const nonBlocking = 0o4000;
const pollIn = 1;
const pollEntryBytes = 8;
const lockExclusiveAtOnce = 2 | 4;

/** Loads the C library of this process. */
export function openKernel(): Kernel {
  const libc = koffi.load(null);
  const bind = (definition: string): Call => libc.func(definition);
  return { ...marks(bind), ...descriptors(bind) };
}

type Bind = (definition: string) => Call;
type MarkCalls = 'fanotifyInit' | 'fanotifyMark' | 'inotifyInit' | 'inotifyAddWatch';

function check(call: string, result: number | bigint): number {
  if (Number(result) < 0) throw new KernelError(call, errnoName());
  return Number(result);
}

function errnoName(): string {
  return getSystemErrorName(-koffi.errno());
}

function marks(bind: Bind): Pick<Kernel, MarkCalls> {
  const fanotifyInit = bind('int fanotify_init(unsigned int flags, unsigned int event_flags)');
  const fanotifyMark = bind(
    'int fanotify_mark(int fd, unsigned int flags, uint64_t mask, int directory, const char *path)',
  );
  const inotifyInit = bind('int inotify_init1(int flags)');
  const inotifyAddWatch = bind('int inotify_add_watch(int fd, const char *path, uint32_t mask)');
  return {
    fanotifyInit: (flags, eventFlags) => check('fanotify_init', fanotifyInit(flags, eventFlags)),
    fanotifyMark: (fd, flags, mask, path) => {
      check('fanotify_mark', fanotifyMark(fd, flags, mask, currentDirectory, path));
    },
    inotifyInit: (flags) => check('inotify_init1', inotifyInit(flags)),
    inotifyAddWatch: (fd, path, mask) =>
      check('inotify_add_watch', inotifyAddWatch(fd, path, mask)),
  };
}

function descriptors(bind: Bind): Omit<Kernel, MarkCalls> {
  const eventfd = bind('int eventfd(unsigned int initial, int flags)');
  const poll = bind('int poll(_Inout_ uint8_t *fds, unsigned long count, int timeout)');
  const read = bind('int64_t read(int fd, _Out_ uint8_t *buffer, size_t count)');
  const write = bind('int64_t write(int fd, const uint8_t *buffer, size_t count)');
  const close = bind('int close(int fd)');
  const dup3 = bind('int dup3(int fd, int onto, int flags)');
  const flock = bind('int flock(int fd, int operation)');
  return {
    eventfd: () => check('eventfd', eventfd(0, closeOnExec | nonBlocking)),
    poll: (fds, milliseconds) => {
      const entries = pollEntries(fds);
      const ready = Number(poll(entries, fds.length, milliseconds));
      if (ready < 0 && errnoName() !== 'EINTR') throw new KernelError('poll', errnoName());
      return ready > 0 ? fds.filter((_, index) => isReady(entries, index)) : [];
    },
    read: (fd, buffer) => {
      const bytes = Number(read(fd, buffer, buffer.length));
      if (bytes >= 0) return bytes;
      const errno = errnoName();
      if (errno === 'EAGAIN' || errno === 'EINTR') return 0;
      throw new KernelError('read', errno);
    },
    write: (fd, bytes) => {
      check('write', write(fd, bytes, bytes.length));
    },
    close: (fd) => {
      check('close', close(fd));
    },
    replace: (fd, onto) => {
      check('dup3', dup3(fd, onto, closeOnExec));
    },
    lock: (fd) => Number(flock(fd, lockExclusiveAtOnce)) === 0,
  };
}

function pollEntries(fds: readonly number[]): Buffer {
  const entries = Buffer.alloc(fds.length * pollEntryBytes);
  for (const [index, fd] of fds.entries()) {
    entries.writeInt32LE(fd, index * pollEntryBytes);
    entries.writeInt16LE(pollIn, index * pollEntryBytes + 4);
  }
  return entries;
}

function isReady(entries: Buffer, index: number): boolean {
  return entries.readInt16LE(index * pollEntryBytes + 6) !== 0;
}
