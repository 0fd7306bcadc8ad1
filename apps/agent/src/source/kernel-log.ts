import { closeSync, constants, openSync, readSync } from 'node:fs';

import { errnoOf } from '../agent-error.ts';

/** What the kernel said and still holds. */
export interface KernelLog {
  readonly messages: readonly string[];
  /** Whether it begins with the boot: then what is not in it was never said. */
  readonly isWhole: boolean;
}

/** The ring buffer's usual sizes are below; what keeps being written must not be read for ever. */
const bytesMax = 4 * 1024 * 1024;
/** One read(2) of the device gives one record, which is no longer. */
const recordBytes = 8192;

/**
 * The kernel's log, as Documentation/ABI/testing/dev-kmsg has it: `priority,sequence,time,flags;message`. Null where it
 * may not be read, as without root. Takes nothing away from other readers.
 */
export function readKernelLog(path: string): KernelLog | null {
  try {
    return parse(readAll(path));
  } catch {
    return null;
  }
}

function readAll(path: string): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const chunks: Buffer[] = [];
  try {
    for (let total = 0; total < bytesMax;) {
      const chunk = readOne(fd);
      if (chunk === 'overtaken') continue;
      if (chunk.length === 0) break;
      chunks.push(chunk);
      total += chunk.length;
    }
  } finally {
    closeSync(fd);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Empty at the end; `overtaken` where the kernel wrote over what was to be read next. */
function readOne(fd: number): Buffer | 'overtaken' {
  const buffer = Buffer.alloc(recordBytes);
  try {
    return buffer.subarray(0, readSync(fd, buffer));
  } catch (error) {
    if (errnoOf(error) === 'EPIPE') return 'overtaken';
    if (errnoOf(error) === 'EAGAIN') return Buffer.alloc(0);
    throw error;
  }
}

function parse(text: string): KernelLog {
  const records = text
    .split('\n')
    .map((line) => /^\d+,(?<sequence>\d+),[^;]*;(?<message>.*)$/.exec(line)?.groups)
    .filter((groups) => groups !== undefined);
  return {
    messages: records.map((groups) => groups['message'] ?? ''),
    isWhole: records[0]?.['sequence'] === '0',
  };
}
