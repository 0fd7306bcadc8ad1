import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, lstat, open, unlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

import { errnoOf } from '../agent-error.ts';

/** O_PATH: a descriptor that names a file and cannot read it. Nobody is told, a pipe does not block, a device does nothing. */
const nameOnly = 0o10000000;

/**
 * One file of one directory, both held by descriptor: whatever somebody renames, replaces or links in the meantime, only
 * this file is opened, and only a name in this directory is removed.
 */
export class PinnedFile {
  readonly stats: BigIntStats;
  /** Leads to this very file, also when it has no name any more. */
  readonly path: string;
  readonly directory: string;
  readonly #handle: FileHandle;
  readonly #entry: string;

  private constructor(handle: FileHandle, stats: BigIntStats, directory: string, name: string) {
    this.#handle = handle;
    this.stats = stats;
    this.path = descriptorPath(handle);
    this.directory = directory;
    this.#entry = `${directory}/${name}`;
  }

  /** Rejects with ENOENT where there is no such name. What the name itself is, is pinned; a link is not followed. */
  static async use<T>(path: string, use: (file: PinnedFile) => Promise<T>): Promise<T> {
    const directory = await open(dirname(path), nameOnly | constants.O_DIRECTORY);
    try {
      const parent = descriptorPath(directory);
      const name = basename(path);
      const handle = await open(`${parent}/${name}`, nameOnly | constants.O_NOFOLLOW);
      try {
        const stats = await handle.stat({ bigint: true });
        return await use(new PinnedFile(handle, stats, parent, name));
      } finally {
        await handle.close();
      }
    } finally {
      await directory.close();
    }
  }

  /** Whether the name still leads to this file. */
  async isNamed(): Promise<boolean> {
    const found = await this.#found();
    return found?.dev === this.stats.dev && found.ino === this.stats.ino;
  }

  async isNameGone(): Promise<boolean> {
    return (await this.#found()) === null;
  }

  /** Whether this file, and not another of that name, is the one that was unlinked. */
  async isUnlinked(): Promise<boolean> {
    return (await this.#handle.stat({ bigint: true })).nlink === 0n;
  }

  async unlink(): Promise<void> {
    await unlink(this.#entry);
  }

  async #found(): Promise<BigIntStats | null> {
    return lstat(this.#entry, { bigint: true }).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return null;
      throw error;
    });
  }
}

function descriptorPath({ fd }: FileHandle): string {
  return `/proc/self/fd/${fd}`;
}
