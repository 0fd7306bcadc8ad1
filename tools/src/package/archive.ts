import { gzipSync } from 'node:zlib';

export interface PackedFile {
  /** At most 100 bytes of ASCII. */
  readonly path: string;
  readonly bytes: Buffer;
  readonly isProgram: boolean;
}

const blockBytes = 512;
const checksumAt = 148;

/**
 * A .tar.gz (POSIX ustar) of files that all belong to root and changed at one time: the same files make the same bytes,
 * with one version of Node, whose zlib compresses.
 */
export function buildArchive(files: readonly PackedFile[], seconds: number): Buffer {
  const sorted = files.toSorted((one, other) => (one.path < other.path ? -1 : 1));
  const entries = sorted.flatMap((file) => [
    header(file, seconds),
    file.bytes,
    Buffer.alloc(-file.bytes.length & (blockBytes - 1)),
  ]);
  return gzipSync(Buffer.concat([...entries, Buffer.alloc(2 * blockBytes)]), { level: 9 });
}

function header({ path, bytes, isProgram }: PackedFile, seconds: number): Buffer {
  if (!/^[\x21-\x7e]{1,100}$/.test(path)) throw new RangeError(`${path} does not fit into a name`);
  const block = Buffer.alloc(blockBytes);
  block.write(path, 0);
  block.write(octal(isProgram ? 0o755 : 0o644, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(bytes.length, 11), 124);
  block.write(octal(seconds, 11), 136);
  block.write('0', 156);
  block.write('ustar\u000000', 257);
  block.write('root', 265);
  block.write('root', 297);
  // The sum counts its own place as spaces.
  block.fill(' ', checksumAt, checksumAt + 8);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, checksumAt);
  return block;
}

/** What is not written after it is the NUL that ends it. */
function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
