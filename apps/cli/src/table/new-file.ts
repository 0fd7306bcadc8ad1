import { open, unlink } from 'node:fs/promises';

import { UsageError } from '../exit-code.ts';

/** Writes a file that must not exist yet and that only its owner may read; none is left where that fails. */
export async function writeNewFile(file: string, bytes: Uint8Array | string): Promise<void> {
  const handle = await open(file, 'wx', 0o600).catch((error: unknown) => {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw exists ? new UsageError(`${file} exists already`) : error;
  });
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } catch (error) {
    await unlink(file);
    throw error;
  } finally {
    await handle.close();
  }
}
