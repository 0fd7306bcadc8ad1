import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';

import { UsageError } from '../exit-code.ts';
import { ArchiveError } from './archive-error.ts';

const chunkBytes = 1 << 20;

/** What a file holds, in pieces that each are overwritten by the next; a pipe is as good. */
export async function* chunksOf(handle: FileHandle): AsyncGenerator<Uint8Array> {
  const chunk = Buffer.allocUnsafeSlow(chunkBytes);
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, chunkBytes, null);
    if (bytesRead === 0) return;
    yield chunk.subarray(0, bytesRead);
  }
}

/** The text of a file that is not larger than this. */
export async function readSmallFile(file: string, bytesMax: number): Promise<string> {
  return Buffer.from(await readSmallBytes(file, bytesMax)).toString();
}

export async function readSmallBytes(file: string, bytesMax: number): Promise<Uint8Array> {
  const handle = await open(file, 'r');
  try {
    return await collected(chunksOf(handle), bytesMax);
  } finally {
    await handle.close();
  }
}

/** All of a stream that is not longer than this. */
export async function collected(
  source: AsyncIterable<Uint8Array>,
  bytesMax: number,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source) {
    length += chunk.length;
    if (length > bytesMax) throw new ArchiveError('member-too-long', `${bytesMax} bytes`);
    pieces.push(Buffer.from(chunk));
  }
  return Buffer.concat(pieces);
}

/** Writes all of the bytes: one call may take a part of them. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten;
  }
}

/**
 * A file that only its owner may read, and that has its name once all of it is written and on the disk. Where `write`
 * fails nothing is left of it, and what had the name before is as it was.
 */
export async function writeWhole<T>(
  file: string,
  isReplaced: boolean,
  write: (handle: FileHandle) => Promise<T>,
): Promise<T> {
  await checkFree(file, isReplaced);
  const part = `${file}.${randomBytes(6).toString('hex')}.part`;
  const handle = await open(part, 'wx', 0o600);
  try {
    const result = await write(handle).finally(() => handle.sync());
    await handle.close();
    await checkFree(file, isReplaced);
    await rename(part, file);
    await syncFolder(path.dirname(file));
    return result;
  } catch (error) {
    await handle.close();
    await unlink(part).catch(() => {});
    throw error;
  }
}

/** A device or a pipe of this name would be lost. */
async function checkFree(file: string, isReplaced: boolean): Promise<void> {
  const found = await stat(file).catch(() => null);
  if (found === null) return;
  if (!found.isFile()) throw new UsageError(`${file} is not a regular file`);
  if (!isReplaced) throw new UsageError(`${file} exists already: say --force to replace it`);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
