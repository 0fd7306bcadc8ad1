import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';

import { type AreaWriter, blockingFileArea, bufferArea, tableBytesMax } from '@vestige/secret-area';

import { UsageError } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';

/** The name that stands for standard input or output. */
export const standardStream = '-';

/** An image for as long as `use` runs: a regular file, or standard input in memory that is zeroed afterwards. */
export async function withArea<T>(
  file: string,
  terminal: Terminal,
  use: (area: AreaWriter) => Promise<T>,
): Promise<T> {
  if (file !== standardStream) {
    return withFile(file, 'r', async (handle) => use(blockingFileArea(handle.fd)));
  }
  const bytes = await terminal.readInput(tableBytesMax);
  try {
    return await use(bufferArea(bytes));
  } finally {
    bytes.fill(0);
  }
}

/** Opens a regular file for as long as `use` runs; a pipe has no offsets, and must not be waited for. */
export async function withFile<T>(
  file: string,
  access: 'r' | 'r+',
  use: (handle: FileHandle) => Promise<T>,
): Promise<T> {
  if (!(await stat(file)).isFile()) throw new UsageError(`${file} is not a regular file`);
  const flags = access === 'r' ? constants.O_RDONLY : constants.O_RDWR;
  const handle = await open(file, flags | constants.O_NONBLOCK);
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}

/** All of a small file or of standard input; the caller fills it with zeros if it held secrets. */
export async function readBytes(
  file: string,
  bytesMax: number,
  terminal: Terminal,
): Promise<Uint8Array> {
  if (file === standardStream) return terminal.readInput(bytesMax);
  return withFile(file, 'r', async (handle) => {
    const area = blockingFileArea(handle.fd);
    if (area.size > bytesMax) throw new UsageError(`${file} has more than ${bytesMax} bytes`);
    return area.read(0, area.size);
  });
}
