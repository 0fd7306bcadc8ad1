import { exportLog, UnreachableError } from '@vestige/contract';
import type { LogKey } from '@vestige/tlog';
import type { Command } from 'commander';

import { connect, type ConnectionOptions, type Service, withConnection } from '../service.ts';
import type { Terminal } from '../terminal.ts';
import { ArchiveError } from './archive-error.ts';
import { writeAll, writeWhole } from './files.ts';
import { keysFor, withKeys } from './keys.ts';
import { Progress } from './progress.ts';
import { describeLog, logReport } from './verified-log.ts';
import { verifyArchive, type VerifiedLog } from './verify-archive.ts';
import { wholeNumber } from './whole-number.ts';

interface Options extends ConnectionOptions {
  key?: string[];
  from?: number;
  to?: number;
  out: string;
  force?: true;
  verify: boolean;
  json?: true;
}

const standardOutput = '-';
const alignment = 256;

export function addExport(log: Command, terminal: Terminal): void {
  const command = log
    .command('export')
    .description('take a bundle that verifies offline: entries, tiles and a signed checkpoint')
    .requiredOption(
      '-o, --out <file>',
      'archive to write, which only its owner may read; - for output',
    )
    .option(
      '--from <n>',
      'position of the first entry, rounded down to a multiple of 256',
      wholeNumber,
    )
    .option('--to <n>', 'how many entries of the log it must cover at least', wholeNumber)
    .option('--force', 'replace the file if it exists')
    .option('--no-verify', 'do not verify what comes while it is written')
    .option('--json', 'print JSON');
  withConnection(withKeys(command))
    .addHelpText(
      'after',
      `
The file gets its name once all of it is written and verified. The export itself is an event of the log.

Examples:
  $ vestige log export --out bundle.tar --key log.key
  $ vestige log export --from 51200 --out newer.tar --key log.key
  $ vestige log export --out - --no-verify | ssh auditor 'vestige log verify - --key log.key'`,
    )
    .action((options: Options) => exportTo(options, terminal));
}

async function exportTo(options: Options, terminal: Terminal): Promise<void> {
  const { out, force } = options;
  const service = await connect(options);
  const keys = options.verify
    ? await keysFor(options.key, service, options.json === true, terminal)
    : null;
  if (out === standardOutput) {
    // Refuses a screen before the service writes down that somebody took the log.
    await terminal.writeOutput(new Uint8Array(0));
    const taken = await take(options, service, keys, terminal, (bytes) =>
      terminal.writeOutput(bytes),
    );
    tell(taken, options, (text) => terminal.warn(text));
    return;
  }
  const taken = await writeWhole(out, force === true, (handle) =>
    take(options, service, keys, terminal, (bytes) => writeAll(handle, bytes)),
  );
  tell(taken, options, (text) => terminal.print(text));
}

interface Taken {
  readonly bytes: number;
  readonly verified: VerifiedLog | null;
}

/** Writes the archive as it comes and verifies each piece that was written. */
async function take(
  options: Options,
  service: Service,
  keys: readonly LogKey[] | null,
  terminal: Terminal,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<Taken> {
  const { from = 0, to } = options;
  const progress = new Progress('exporting', options.json === true, terminal);
  const signal = terminal.interrupted?.();
  const query = { from, ...(to === undefined ? {} : { to }) };
  let bytes = 0;
  async function* written(): AsyncGenerator<Uint8Array> {
    for await (const chunk of archive(service, query, signal)) {
      await write(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  try {
    if (keys === null) {
      for await (const _ of written());
      return { bytes, verified: null };
    }
    const demands = { keys, progress: (done: number, all: number) => progress.at(done, all) };
    const verified = await verifyArchive(written(), demands);
    expectRange(verified, from, to);
    return { bytes, verified };
  } finally {
    progress.end();
  }
}

/** The bytes of an export, with an error of its own for a connection that ends before them. */
async function* archive(
  service: Service,
  query: { from: number; to?: number },
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* await service.open(exportLog, { query }, signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted === true) throw new Error('interrupted: nothing is kept', { cause: error });
    // What a broken connection throws while its bytes are read has no name of its own.
    if (error instanceof TypeError) {
      throw new UnreachableError(`${service.url} broke off the export.`, { cause: error });
    }
    throw error;
  }
}

function expectRange({ from, checkpoint: { size } }: VerifiedLog, asked: number, to = 0): void {
  if (from === asked - (asked % alignment) && size >= to) return;
  throw new ArchiveError('wrong-range', `positions ${from} to ${size - 1}`);
}

function tell(taken: Taken, options: Options, say: (text: string) => void): void {
  const { bytes, verified } = taken;
  const { out, json } = options;
  const report = verified === null ? { verified: false } : logReport(verified);
  if (json) {
    say(JSON.stringify({ out, bytes, ...report }, null, 2));
    return;
  }
  const lines = 'entries' in report ? describeLog(report) : ['not verified'];
  say([`${out}: ${bytes} bytes`, ...lines].join('\n'));
}
