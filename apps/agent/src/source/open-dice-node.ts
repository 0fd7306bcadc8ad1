import { constants } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type FileHandle, open } from 'node:fs/promises';
import { arch, endianness } from 'node:os';

import { AgentError, errnoOf } from '../agent-error.ts';
import { PinnedFile } from './pinned-file.ts';

export interface FoundNode {
  /** Whether it is a device of the driver's own, whatever its path says: a byte to another one could do anything. */
  readonly isOpenDice: boolean;
  readonly isWorldReadable: boolean;
  readonly identity: string;
}

/** The device as the driver shows it, which no plain file can imitate: reading gives the size, writing zeroes. */
export interface OpenDiceNode {
  /** Null where there is nothing of that name. Does not open the device. */
  look(path: string): Promise<FoundNode | null>;
  readSize(path: string): Promise<number>;
  writeOneByte(path: string): Promise<void>;
}

export const openDiceNode: OpenDiceNode = {
  look: (path) =>
    PinnedFile.use(path, (file) => describe(file)).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return null;
      throw error;
    }),
  readSize: (path) => withNode(path, constants.O_RDONLY, readSize),
  writeOneByte: (path) =>
    withNode(path, constants.O_WRONLY, async (node) => {
      await node.write(Buffer.alloc(1), 0, 1, 0);
    }),
};

async function describe({ stats }: PinnedFile): Promise<FoundNode> {
  return {
    isOpenDice: stats.isCharacterDevice() && (await isDriversDevice(stats.rdev)),
    isWorldReadable: (stats.mode & 0o004n) !== 0n,
    identity: `${stats.dev}:${stats.ino}:${stats.rdev}`,
  };
}

/** The kernel's own name for the device number; see makedev(3) for how the number holds the two. */
async function isDriversDevice(rdev: bigint): Promise<boolean> {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n);
  const uevent = await readFile(`/sys/dev/char/${major}:${minor}/uevent`, 'utf8').catch(() => '');
  return /^DEVNAME=open-dice\d+$/m.test(uevent);
}

/** Opens the very device that was looked at, and no other. */
async function withNode<T>(
  path: string,
  access: number,
  use: (node: FileHandle) => Promise<T>,
): Promise<T> {
  return PinnedFile.use(path, async (file) => {
    if (!(await describe(file)).isOpenDice)
      throw new AgentError('state', 'it is no device of open-dice');
    const node = await open(file.path, access | constants.O_NONBLOCK);
    try {
      return await use(node);
    } finally {
      await node.close();
    }
  });
}

async function readSize(node: FileHandle): Promise<number> {
  const bytes = Buffer.alloc(8);
  const { bytesRead } = await node.read(bytes, 0, bytes.length, 0);
  return parseUnsignedLong(bytes.subarray(0, bytesRead));
}

/** As wide as the kernel's word, in its byte order. */
export function parseUnsignedLong(bytes: Buffer, order: 'LE' | 'BE' = endianness()): number {
  if (bytes.length !== 8 && bytes.length !== 4)
    throw new AgentError('state', `a size of ${bytes.length} bytes on ${arch()}`);
  const padded = Buffer.alloc(8);
  bytes.copy(padded, order === 'LE' ? 0 : padded.length - bytes.length);
  const size = order === 'LE' ? padded.readBigUInt64LE() : padded.readBigUInt64BE();
  if (size > BigInt(Number.MAX_SAFE_INTEGER))
    throw new AgentError('state', 'the size is too large');
  return Number(size);
}
