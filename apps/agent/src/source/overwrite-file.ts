import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

import type { OwnAccess } from './secret-source.ts';

const chunkBytes = 64 * 1024;

export interface Overwritten {
  readonly bytes: number;
  readonly readBackZero: boolean;
}

/** Overwrites a regular file with zeros of its length, syncs it, and reads the zeros back through a new descriptor. */
export async function overwriteFile(path: string, ownAccess: OwnAccess): Promise<Overwritten> {
  const bytes = await ownAccess(() => withFile(path, constants.O_WRONLY, zero));
  const readBackZero = await ownAccess(() => withFile(path, constants.O_RDONLY, isZero));
  return { bytes, readBackZero };
}

async function zero(file: FileHandle, size: number): Promise<number> {
  const zeros = Buffer.alloc(chunkBytes);
  for (let at = 0; at < size;) {
    const { bytesWritten } = await file.write(zeros, 0, Math.min(chunkBytes, size - at), at);
    at += bytesWritten;
  }
  await file.sync();
  return size;
}

async function withFile<T>(
  path: string,
  access: number,
  use: (file: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  const file = await open(path, access);
  try {
    return await use(file, (await file.stat()).size);
  } finally {
    await file.close();
  }
}

/** Reads into one buffer of its own, which is zeroed whatever it held. */
async function isZero(file: FileHandle, size: number): Promise<boolean> {
  const buffer = Buffer.alloc(chunkBytes);
  try {
    for (let at = 0; at < size;) {
      const { bytesRead } = await file.read(buffer, 0, chunkBytes, at);
      if (bytesRead === 0) return false;
      if (!buffer.subarray(0, bytesRead).every((byte) => byte === 0)) return false;
      at += bytesRead;
    }
    return true;
  } finally {
    buffer.fill(0);
  }
}
