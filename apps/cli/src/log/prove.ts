import { logEntry, logProof, ProblemError } from '@vestige/contract';
import { type LogKey, parseProof, verifyProof } from '@vestige/tlog';
import type { Command } from 'commander';

import { exitCodes } from '../exit-code.ts';
import { plainText } from '../plain-text.ts';
import { connect, type ConnectionOptions, type Service, withConnection } from '../service.ts';
import type { Terminal } from '../terminal.ts';
import { ArchiveError } from './archive-error.ts';
import { writeAll, writeWhole } from './files.ts';
import { keysFor, openSigned, type SignedCheckpoint, withKeys } from './keys.ts';
import { checkpointReport, describeCheckpoint } from './verified-log.ts';
import { fetchCheckpoint, logSize } from './verify-service.ts';
import { wholeNumber } from './whole-number.ts';

interface Options extends ConnectionOptions {
  key?: string[];
  out?: string;
  entryOut?: string;
  force?: true;
  json?: true;
}

interface Proven {
  readonly position: number;
  readonly entry: Uint8Array;
  readonly proof: string;
  readonly checkpoint: SignedCheckpoint;
}

export function addProve(log: Command, terminal: Terminal): void {
  const prove = log
    .command('prove')
    .description(
      'show that one event is in the log: fetch its entry and its proof, and verify both',
    )
    .argument('<position>', 'position of the event', wholeNumber)
    .option('-o, --out <file>', 'write the proof (.tlog-proof)')
    .option('--entry-out <file>', 'write the exact bytes of the entry')
    .option('--force', 'replace files that exist')
    .option('--json', 'print JSON');
  withConnection(withKeys(prove))
    .addHelpText(
      'after',
      `
Ends with 1 where no checkpoint covers the position yet.

Examples:
  $ vestige log prove 1234 --key log.key
  $ vestige log prove 1234 --out 1234.tlog-proof --entry-out 1234.json
  $ vestige log verify 1234.tlog-proof --entry 1234.json --key log.key`,
    )
    .action((at: number, options: Options) => proveOne(at, options, terminal));
}

async function proveOne(at: number, options: Options, terminal: Terminal): Promise<void> {
  const service = await connect(options);
  const keys = await keysFor(options.key, service, options.json === true, terminal);
  const proven = await fetchProven(at, service, keys);
  if (proven === null) {
    terminal.exitCode = exitCodes.negative;
    return tellMissing(at, await coverage(service, keys), options, terminal);
  }
  const isReplaced = options.force === true;
  await write(options.out, isReplaced, Buffer.from(proven.proof));
  await write(options.entryOut, isReplaced, proven.entry);
  tell(proven, options, terminal);
}

/** Null where the service has no proof of this position. */
async function fetchProven(
  at: number,
  service: Service,
  keys: readonly LogKey[],
): Promise<Proven | null> {
  const params = { position: at };
  const proof = await service.ask(logProof, { params }).catch((error: unknown) => {
    if (error instanceof ProblemError && error.problem.code === 'not-found') return null;
    throw error;
  });
  if (proof === null) return null;
  const entry = await service.ask(logEntry, { params });
  const { index, checkpoint: note } = parseProof(proof);
  // A valid proof of another entry would be believed to be of this one.
  if (index !== at) throw new ArchiveError('wrong-position', `${index}, not ${at}`);
  const checkpoint = openSigned(note, keys);
  verifyProof(proof, entry, { origin: checkpoint.origin, keys });
  return { position: at, entry, proof, checkpoint };
}

interface Coverage {
  readonly covered: number;
  readonly size: number;
}

async function coverage(service: Service, keys: readonly LogKey[]): Promise<Coverage> {
  const checkpoint = await fetchCheckpoint(service, keys);
  const size = await logSize(service);
  return { covered: checkpoint.size, size };
}

function tellMissing(
  at: number,
  { covered, size }: Coverage,
  { json }: Options,
  terminal: Terminal,
): void {
  const isThere = at < size;
  if (json) {
    terminal.print(
      JSON.stringify({ proven: false, position: at, covered, logSize: size }, null, 2),
    );
    return;
  }
  terminal.print(
    isThere
      ? `not proven: position ${at} is in the log, but the newest checkpoint covers ${covered} entries`
      : `not proven: there is no position ${at}: the log has ${size} entries`,
  );
}

function tell(proven: Proven, { json }: Options, terminal: Terminal): void {
  const { position: at, entry, checkpoint } = proven;
  const event = parseEntry(entry);
  const report = checkpointReport(checkpoint);
  if (json) {
    terminal.print(JSON.stringify({ proven: true, position: at, ...report, event }, null, 2));
    return;
  }
  terminal.print(
    [
      `proven: position ${at} of ${report.size}`,
      describeEvent(event, entry.length),
      ...describeCheckpoint(report),
    ].join('\n'),
  );
}

/** What is signed are bytes: that they are JSON is not promised by the proof. */
function parseEntry(entry: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(entry).toString());
  } catch {
    return null;
  }
}

function describeEvent(event: unknown, length: number): string {
  const { at, type, stream } = (event ?? {}) as Record<string, unknown>;
  const said = [at, type, stream].filter((part) => typeof part === 'string').map(plainText);
  return said.length === 3 ? said.join('  ') : `an entry of ${length} bytes that is no event`;
}

async function write(file: string | undefined, isReplaced: boolean, bytes: Uint8Array) {
  if (file === undefined) return;
  await writeWhole(file, isReplaced, (handle) => writeAll(handle, bytes));
}
