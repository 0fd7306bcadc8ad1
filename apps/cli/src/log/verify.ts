import { open } from 'node:fs/promises';

import { type LogKey, parseProof, verifyProof } from '@vestige/tlog';
import type { Command } from 'commander';

import { UsageError } from '../exit-code.ts';
import { connect, type ConnectionOptions, withConnection } from '../service.ts';
import type { Terminal } from '../terminal.ts';
import { chunksOf, collected, readSmallBytes, writeAll, writeWhole } from './files.ts';
import {
  keysFor,
  openSigned,
  readKeys,
  readSigned,
  type SignedCheckpoint,
  withKeys,
} from './keys.ts';
import { Progress } from './progress.ts';
import { proofStart, startOf } from './start-of.ts';
import {
  checkpointReport,
  describeCheckpoint,
  describeLog,
  type LogReport,
  logReport,
} from './verified-log.ts';
import { type Demands, verifyArchive } from './verify-archive.ts';
import { logSize, verifyService } from './verify-service.ts';

interface Options extends ConnectionOptions {
  key?: string[];
  since?: string;
  save?: string;
  entry?: string;
  json?: true;
}

const standardInput = '-';
const proofBytesMax = 400_000;
const entryFileBytesMax = 65_535;

export function addVerify(log: Command, terminal: Terminal): void {
  const verify = log
    .command('verify')
    .description('hash every entry and compare with what the log signed; with a file, offline')
    .argument('[file]', 'exported bundle or .tlog-proof, - for standard input; else a service')
    .option('--since <file>', 'an earlier checkpoint, which the log must continue')
    .option('--save <file>', 'write the checkpoint that was verified, for --since next time')
    .option('--entry <file>', 'the entry that a .tlog-proof is of')
    .option('--json', 'print JSON');
  withConnection(withKeys(verify))
    .addHelpText(
      'after',
      `
Offline it needs --key. A running service is verified with its own key where none is given: that shows that
the log is consistent, not whose it is. Ends with 1 where the answer is no.

Examples:
  $ vestige log verify bundle.tar --key log.key
  $ vestige log verify event-1234.tlog-proof --entry event-1234.json --key log.key
  $ vestige log verify --key log.key --since log.checkpoint --save log.checkpoint
  $ ssh vestige.example cat bundle.tar | vestige log verify - --key log.key`,
    )
    .action((file: string | undefined, options: Options) =>
      file === undefined ? verifyOnline(options, terminal) : verifyOffline(file, options, terminal),
    );
}

async function verifyOnline(options: Options, terminal: Terminal): Promise<void> {
  if (options.entry !== undefined) throw new UsageError('--entry goes with a .tlog-proof');
  const service = await connect(options);
  const keys = await keysFor(options.key, service, options.json === true, terminal);
  const verified = await withProgress(options, keys, terminal, (demands) =>
    verifyService(service, demands),
  );
  const size = Math.max(await logSize(service), verified.checkpoint.size);
  await save(options, verified.checkpoint);
  tell(logReport(verified, size), options, terminal);
}

async function verifyOffline(file: string, options: Options, terminal: Terminal): Promise<void> {
  if (options.key === undefined) {
    throw new UsageError("offline, --key must say whose log it is to be: the log's verifier key");
  }
  if (options.api !== undefined) throw new UsageError('say either a file or --api');
  const keys = await readKeys(options.key);
  await withChunks(file, terminal, async (chunks) => {
    const { start, rest } = await startOf(chunks);
    return start.startsWith(proofStart)
      ? verifyEntry(rest, keys, options, terminal)
      : verifyBundle(rest, keys, options, terminal);
  });
}

async function verifyBundle(
  chunks: AsyncIterable<Uint8Array>,
  keys: readonly LogKey[],
  options: Options,
  terminal: Terminal,
): Promise<void> {
  if (options.entry !== undefined) throw new UsageError('--entry goes with a .tlog-proof');
  const verified = await withProgress(options, keys, terminal, (demands) =>
    verifyArchive(chunks, demands),
  );
  await save(options, verified.checkpoint);
  tell(logReport(verified), options, terminal);
}

async function verifyEntry(
  chunks: AsyncIterable<Uint8Array>,
  keys: readonly LogKey[],
  options: Options,
  terminal: Terminal,
): Promise<void> {
  const { entry: entryFile, since } = options;
  if (entryFile === undefined) throw new UsageError('--entry must say which entry the proof is of');
  if (since !== undefined) throw new UsageError('--since goes with a bundle or a service');
  const proof = Buffer.from(await collected(chunks, proofBytesMax)).toString();
  const { index, checkpoint: note } = parseProof(proof);
  const entry = await readSmallBytes(entryFile, entryFileBytesMax);
  const checkpoint = openSigned(note, keys);
  verifyProof(proof, entry, { origin: checkpoint.origin, keys });
  await save(options, checkpoint);
  const report = checkpointReport(checkpoint);
  const lines = [`verified: the entry is at position ${index}`, ...describeCheckpoint(report)];
  terminal.print(
    options.json
      ? JSON.stringify({ verified: true, position: index, ...report }, null, 2)
      : lines.join('\n'),
  );
}

/** Verifies with the keys, `--since`, and a line that shows how far it is. */
async function withProgress<T>(
  options: Options,
  keys: readonly LogKey[],
  terminal: Terminal,
  verify: (demands: Demands) => Promise<T>,
): Promise<T> {
  const progress = new Progress('verifying', options.json === true, terminal);
  try {
    const since = options.since === undefined ? undefined : await readSigned(options.since, keys);
    return await verify({ keys, since, progress: (done, all) => progress.at(done, all) });
  } finally {
    progress.end();
  }
}

async function withChunks<T>(
  file: string,
  terminal: Terminal,
  use: (chunks: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  if (file === standardInput) {
    if (terminal.readChunks === undefined) throw new UsageError('there is no standard input');
    return use(terminal.readChunks());
  }
  const handle = await open(file, 'r');
  try {
    return await use(chunksOf(handle));
  } finally {
    await handle.close();
  }
}

async function save({ save: file }: Options, { note }: SignedCheckpoint): Promise<void> {
  if (file === undefined) return;
  await writeWhole(file, true, (handle) => writeAll(handle, Buffer.from(note)));
}

function tell(report: LogReport, { json }: Options, terminal: Terminal): void {
  terminal.print(json ? JSON.stringify(report, null, 2) : describeLog(report).join('\n'));
}
