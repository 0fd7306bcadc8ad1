import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const pieceBytes = 2 ** 26;

/** `length` bytes of a guest's memory from a physical address on. */
export function readMemory(path, address, length) {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(length);
    readSync(file, bytes, 0, length, address);
    return bytes;
  } finally {
    closeSync(file);
  }
}

/** The physical addresses at which each of `needles` is in a guest's memory. */
export function findInMemory(path, needles) {
  const longest = Math.max(...needles.map(({ length }) => length));
  const piece = Buffer.alloc(pieceBytes + longest - 1);
  const found = needles.map(() => []);
  const file = openSync(path, 'r');
  try {
    for (let start = 0; start < fstatSync(file).size; start += pieceBytes) {
      const bytes = piece.subarray(0, readSync(file, piece, 0, piece.length, start));
      for (const [index, needle] of needles.entries())
        found[index].push(...offsetsOf(needle, bytes).map((at) => start + at));
    }
  } finally {
    closeSync(file);
  }
  return found;
}

/** Only what starts in the piece itself; what starts behind it is the next one's. */
function offsetsOf(needle, bytes) {
  const offsets = [];
  let at = bytes.indexOf(needle);
  while (at !== -1 && at < pieceBytes) {
    offsets.push(at);
    at = bytes.indexOf(needle, at + 1);
  }
  return offsets;
}
