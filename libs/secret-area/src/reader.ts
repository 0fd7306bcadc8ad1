import { fstatSync, fsyncSync, readSync, writeSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

import { SecretAreaError } from './error.ts';

/** A secret area with random access: whoever reads it touches the bytes that it asks for and no others. */
export interface AreaReader {
  readonly size: number;
  /** Gives exactly `length` bytes in memory of the caller's own, or throws. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Fills `target` without a promise, where that blocks nobody who minds. */
  readNow?(offset: number, target: Uint8Array): void;
  /** The same where the bytes are few and most likely in memory; false where only a promise should read them. */
  readCached?(offset: number, target: Uint8Array): boolean;
  /** Fills `target` by a promise: new memory for each large read costs more than the read. */
  readInto?(offset: number, target: Uint8Array): Promise<void>;
}

export interface AreaWriter extends AreaReader {
  /** Never makes the area grow. */
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** Returns when what was written is as durable as the medium can make it. */
  sync(): Promise<void>;
}

/** An area in memory; writes change `bytes` itself. */
export function bufferArea(bytes: Uint8Array): AreaWriter {
  const size = bytes.length;
  const readNow = (offset: number, target: Uint8Array): void => {
    checkInside(size, offset, target.length);
    target.set(bytes.subarray(offset, offset + target.length));
  };
  return {
    size,
    readNow,
    read: async (offset, length) => filled(readNow, size, offset, length),
    async write(offset, data) {
      checkInside(size, offset, data.length);
      bytes.set(data, offset);
    },
    async sync() {},
  };
}

/** The least that a system keeps in memory of a file. */
export const pageBytes = 4096;
/** More than this is copied by a thread of its own, also where it is in memory. */
const cachedBytesMax = 65_536;

/**
 * An area in a file of the size that it has now. The handle stays the caller's to close. Positional writes need a handle
 * that was not opened for appending (pwrite(2), BUGS). The pages that the last promise read or wrote are in memory, so
 * that reading more of them waits for no disk: a promise for each of 64 headers costs more than the rest of a wipe.
 */
export async function fileArea(handle: FileHandle): Promise<AreaWriter> {
  const stats = await handle.stat();
  const size = sizeOf(stats);
  const cached = { from: 0, to: 0 };
  const note = (offset: number, length: number): void => {
    cached.from = offset - (offset % pageBytes);
    cached.to = Math.ceil((offset + length) / pageBytes) * pageBytes;
  };
  const readInto = async (offset: number, target: Uint8Array): Promise<void> => {
    const { length } = target;
    checkInside(size, offset, length);
    await transfer(offset, length, async (done) => {
      const { bytesRead } = await handle.read(target, done, length - done, offset + done);
      return bytesRead;
    });
    note(offset, length);
  };
  return {
    size,
    readCached(offset, target) {
      checkInside(size, offset, target.length);
      const end = offset + target.length;
      if (target.length > cachedBytesMax || offset < cached.from || end > cached.to) return false;
      fill(handle.fd, offset, target);
      return true;
    },
    readInto,
    async read(offset, length) {
      checkInside(size, offset, length);
      const bytes = new Uint8Array(length);
      await readInto(offset, bytes);
      return bytes;
    },
    async write(offset, data) {
      checkInside(size, offset, data.length);
      await transfer(offset, data.length, async (done) => {
        const { bytesWritten } = await handle.write(data, done, data.length - done, offset + done);
        return bytesWritten;
      });
      note(offset, data.length);
    },
    sync: () => handle.sync(),
  };
}

/**
 * The same over a descriptor, by blocking calls: many times faster for headers of 20 bytes, for a program that has
 * nothing else to do. A service takes `fileArea`.
 */
export function blockingFileArea(descriptor: number): AreaWriter {
  const size = sizeOf(fstatSync(descriptor));
  const readNow = (offset: number, target: Uint8Array): void => {
    checkInside(size, offset, target.length);
    fill(descriptor, offset, target);
  };
  return {
    size,
    readNow,
    read: async (offset, length) => filled(readNow, size, offset, length),
    async write(offset, data) {
      checkInside(size, offset, data.length);
      transferNow(offset, data.length, (done) =>
        writeSync(descriptor, data, done, data.length - done, offset + done),
      );
    },
    async sync() {
      fsyncSync(descriptor);
    },
  };
}

function filled(
  readNow: (offset: number, target: Uint8Array) => void,
  size: number,
  offset: number,
  length: number,
): Uint8Array {
  // Before memory is set aside: the length may be anything.
  checkInside(size, offset, length);
  const target = new Uint8Array(length);
  readNow(offset, target);
  return target;
}

/** A directory or a pipe states a size too, which says nothing of what can be read. */
function sizeOf(stats: { size: number; isFile(): boolean }): number {
  if (!stats.isFile()) throw new SecretAreaError('not-a-file', 0);
  return stats.size;
}

function checkInside(size: number, offset: number, length: number): void {
  if (offset < 0 || length < 0 || offset + length > size) {
    throw new SecretAreaError('outside-area', offset);
  }
}

/** The system may transfer less than asked; nothing at all means that the file was cut since it was opened. */
async function transfer(
  offset: number,
  length: number,
  some: (done: number) => Promise<number>,
): Promise<void> {
  let done = 0;
  while (done < length) done += moved(await some(done), offset + done);
}

function fill(descriptor: number, offset: number, target: Uint8Array): void {
  transferNow(offset, target.length, (done) =>
    readSync(descriptor, target, done, target.length - done, offset + done),
  );
}

function transferNow(offset: number, length: number, some: (done: number) => number): void {
  let done = 0;
  while (done < length) done += moved(some(done), offset + done);
}

function moved(count: number, at: number): number {
  if (count === 0) throw new SecretAreaError('cut-short', at);
  return count;
}
