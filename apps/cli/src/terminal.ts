import { createInterface } from 'node:readline';

import { type ExitCode, exitCodes, UsageError } from './exit-code.ts';

/** Where a command speaks: answers to `print`, everything else to `warn`. */
export interface Terminal {
  /** What the command's answer amounts to; a command sets it and goes on printing. */
  exitCode: ExitCode;
  print(text: string): void;
  /** Settles when what was printed has left the process: a long answer must not pile up in it. */
  printed?(): Promise<void>;
  warn(text: string): void;
  /** True where somebody agreed, null where nobody can be asked. */
  confirm(question: string): Promise<boolean | null>;
  /** All of standard input, in memory that the caller fills with zeros if it held secrets. */
  readInput(bytesMax: number): Promise<Uint8Array>;
  /** Bytes on standard output, and nothing else. */
  writeOutput(bytes: Uint8Array): Promise<void>;
  /** Standard input as it comes, however long it is. */
  readChunks?(): AsyncIterable<Uint8Array>;
  /** Shows how far a long work is, in the place of what it showed before; absent where nobody looks. */
  progress?(text: string): void;
  /** Aborted by Ctrl-C, or when nobody reads standard output any more; who asks for it ends itself then. */
  interrupted?(): AbortSignal;
}

export function systemTerminal(): Terminal {
  const controller = new AbortController();
  process.stdout.on('error', (error) => endWhereNobodyReads(error, controller));
  return {
    exitCode: exitCodes.fine,
    print: (text) => process.stdout.write(`${text}\n`),
    printed: () => new Promise((resolve) => process.stdout.write('', () => resolve())),
    warn: (text) => process.stderr.write(`${text}\n`),
    confirm: askOnTerminal,
    readInput,
    writeOutput,
    readChunks,
    ...(process.stderr.isTTY ? { progress } : {}),
    interrupted: () => interrupted(controller),
  };
}

/** Written over the line before it; the next other line begins where this one does. */
function progress(text: string): void {
  process.stderr.write(`\r\u001b[2K${text}`);
}

function interrupted(controller: AbortController): AbortSignal {
  // Once: who presses it again wants the process to end at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => controller.abort());
  }
  return controller.signal;
}

function readChunks(): AsyncIterable<Uint8Array> {
  if (process.stdin.isTTY)
    throw new UsageError('standard input is a keyboard: pipe a file into it');
  return process.stdin as AsyncIterable<Uint8Array>;
}

/** `vestige ... | head` is no failure; an answer that a full disk did not take is one. */
function endWhereNobodyReads(error: Error, controller: AbortController): void {
  if ('code' in error && error.code === 'EPIPE') {
    controller.abort();
    return;
  }
  process.stderr.write(`vestige: ${error.message}\n`);
  process.exit(exitCodes.negative);
}

async function askOnTerminal(question: string): Promise<boolean | null> {
  if (!process.stdin.isTTY) return null;
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await new Promise<string>((resolve) => {
    // Ctrl-C and Ctrl-D close the prompt: that is no yes.
    prompt.once('close', () => resolve(''));
    prompt.question(`${question} Type yes to go on: `, resolve);
  });
  prompt.close();
  return answer.trim() === 'yes';
}

async function readInput(bytesMax: number): Promise<Uint8Array> {
  if (process.stdin.isTTY)
    throw new UsageError('standard input is a keyboard: pipe a file into it');
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > bytesMax) throw new UsageError(`standard input has more than ${bytesMax} bytes`);
    }
    return joined(chunks, length);
  } finally {
    for (const chunk of chunks) chunk.fill(0);
  }
}

/** Settles when the bytes have left this process, so that they can be zeroed. */
async function writeOutput(bytes: Uint8Array): Promise<void> {
  if (process.stdout.isTTY) throw new UsageError('standard output is a screen: send it to a file');
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

/** Not `Buffer.concat`, whose result may lie in memory that others share. */
function joined(chunks: readonly Buffer[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
