import { type FileHandle, open, stat } from 'node:fs/promises';

import { UsageError } from '../exit-code.ts';

/** Opens a regular file for as long as `use` runs; a pipe would wait for ever and has no offsets. */
export async function withImage<T>(
  file: string,
  flags: 'r' | 'r+',
  use: (handle: FileHandle) => Promise<T>,
): Promise<T> {
  if (!(await stat(file)).isFile()) throw new UsageError(`${file} is not a regular file`);
  const handle = await open(file, flags);
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}
