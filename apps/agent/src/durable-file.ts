import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

import { errnoOf } from './agent-error.ts';

/** Replaces a file as a whole: after a crash there is the old text or the new one, and nobody but its owner reads it. */
export async function writeDurable(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}

/** Makes names that were created, renamed or removed in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** The parsed content of a JSON file; null where there is none. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  });
  return text === null ? null : (JSON.parse(text) as unknown);
}
