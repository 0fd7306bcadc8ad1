import { ArchiveError } from './archive-error.ts';

/** One file of a tar archive, before its bytes. */
export interface TarMember {
  readonly name: string;
  readonly size: number;
}

const blockBytes = 512;
/** Where in a header (POSIX.1-1988, ustar) what is. */
const place = { size: 124, checksum: 148, type: 156, magic: 257, prefix: 345 } as const;
const nameBytesMax = 100;

/**
 * Reads a tar archive of plain files as it comes, in memory for the longest of them. Strict, so that every byte counts:
 * other than with tools that unpack, no header, padding or end can be altered unnoticed, and none makes it keep more.
 */
export class TarReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  #room = Buffer.alloc(blockBytes);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** The next file; null behind the last, when all that follows has been read and is zero. */
  async next(): Promise<TarMember | null> {
    const block = await this.#take(blockBytes);
    if (!isZero(block)) return parseHeader(block);
    if (!isZero(await this.#take(blockBytes))) throw new ArchiveError('trailing-bytes');
    do {
      if (!isZero(this.#chunk.subarray(this.#at))) throw new ArchiveError('trailing-bytes');
    } while (await this.#pull());
    return null;
  }

  /** The bytes of the file that `next` gave. They are overwritten by the following call. */
  async read({ name, size }: TarMember, bytesMax: number): Promise<Buffer> {
    if (size > bytesMax) throw new ArchiveError('member-too-long', name);
    const padded = Math.ceil(size / blockBytes) * blockBytes;
    const bytes = await this.#take(padded);
    if (!isZero(bytes.subarray(size))) throw new ArchiveError('not-an-archive', 'padding');
    return bytes.subarray(0, size);
  }

  /** Lets go of where the bytes come from. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #take(length: number): Promise<Buffer> {
    if (this.#room.length < length) this.#room = Buffer.allocUnsafeSlow(length);
    let filled = 0;
    while (filled < length) {
      if (this.#at === this.#chunk.length && !(await this.#pull())) {
        throw new ArchiveError('cut-archive');
      }
      const part = this.#chunk.subarray(this.#at, this.#at + length - filled);
      this.#room.set(part, filled);
      this.#at += part.length;
      filled += part.length;
    }
    return this.#room.subarray(0, length);
  }

  /** False where there are no more. */
  async #pull(): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    this.#chunk = done ? new Uint8Array(0) : value;
    this.#at = 0;
    return !done;
  }
}

function parseHeader(block: Buffer): TarMember {
  const isFile = block[place.type] === 0x30 || block[place.type] === 0x00;
  const isUstar = block.toString('latin1', place.magic, place.magic + 5) === 'ustar';
  if (!isUstar || checksumOf(block) !== readChecksum(block))
    throw new ArchiveError('not-an-archive');
  // Long names, links, sparse files and other extensions have no place among short names.
  if (!isFile || block[place.prefix] !== 0) throw new ArchiveError('not-an-archive', 'extension');
  const size = /^([0-7]{11})[\0 ]$/.exec(block.toString('latin1', place.size, place.size + 12));
  if (size === null) throw new ArchiveError('not-an-archive', 'size');
  const end = block.indexOf(0);
  return {
    name: block.toString('latin1', 0, Math.min(end, nameBytesMax)),
    size: Number.parseInt(size[1] as string, 8),
  };
}

/** The sum of a header's bytes, in which the sum itself counts as blanks. */
function checksumOf(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let at = 0; at < blockBytes; at += 1) {
    if (at < place.checksum || at >= place.checksum + 8) sum += block[at] as number;
  }
  return sum;
}

/** In the two spellings that tar writers have; a third could be an altered one. */
function readChecksum(block: Buffer): number {
  const text = block.toString('latin1', place.checksum, place.checksum + 8);
  const [, digits = ''] = /^([0-7]{6})(?:\0 | \0)$/.exec(text) ?? [];
  return Number.parseInt(digits, 8);
}

function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += 1) if (bytes[at] !== 0) return false;
  return true;
}
