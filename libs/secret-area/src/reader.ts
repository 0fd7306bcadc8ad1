import type { FileHandle } from 'node:fs/promises';

import { SecretAreaError } from './error.ts';

/** A secret area with random access: whoever reads it touches the bytes that it asks for and no others. */
export interface AreaReader {
  readonly size: number;
  /** Gives exactly `length` bytes in memory of the caller's own, or throws. */
  read(offset: number, length: number): Promise<Uint8Array>;
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
  return {
    size,
    async read(offset, length) {
      checkInside(size, offset, length);
      return Uint8Array.from(bytes.subarray(offset, offset + length));
    },
    async write(offset, data) {
      checkInside(size, offset, data.length);
      bytes.set(data, offset);
    },
    async sync() {},
  };
}

/**
 * An area in a file of the size that it has now. The handle stays the caller's to close. Positional writes need a handle
 * that was not opened for appending (pwrite(2), BUGS).
 */
export async function fileArea(handle: FileHandle): Promise<AreaWriter> {
  const { size } = await handle.stat();
  return {
    size,
    async read(offset, length) {
      checkInside(size, offset, length);
      const bytes = new Uint8Array(length);
      await transfer(offset, length, async (done) => {
        const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
        return bytesRead;
      });
      return bytes;
    },
    async write(offset, data) {
      checkInside(size, offset, data.length);
      await transfer(offset, data.length, async (done) => {
        const { bytesWritten } = await handle.write(data, done, data.length - done, offset + done);
        return bytesWritten;
      });
    },
    sync: () => handle.sync(),
  };
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
  while (done < length) {
    const count = await some(done);
    if (count === 0) throw new SecretAreaError('cut-short', offset + done);
    done += count;
  }
}
