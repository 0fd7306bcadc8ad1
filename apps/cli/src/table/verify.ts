import { type VerifyOptions, type VerifyReport, verifyTable } from '@vestige/secret-area';
import type { Command } from 'commander';

import { exitCodes, UsageError } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { collect } from './collect.ts';
import { columns } from './columns.ts';
import { withArea } from './image.ts';
import { describeDiagnostics, whatLinuxShows } from './inspect.ts';
import { printJson, printLines } from './pieces.ts';

interface Options {
  guid?: string[];
  all?: true;
  json?: true;
}

export function addVerify(table: Command, terminal: Terminal): void {
  table
    .command('verify')
    .description('prove that what is wiped is zero; reads the data of wiped entries and no others')
    .argument('<file>', 'image of a secret area, - for standard input')
    .option('--guid <guid>', 'must have no live entry; may be said several times', collect)
    .option('--all', 'there must be no live entry')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Ends with 1 where the answer is no, and where Linux refuses the table, zero or not.

Examples:
  $ vestige table verify table.bin
  $ vestige table verify table.bin --guid 736869e5-84f0-4973-92ec-06879ce3da0b
  $ ssh guest cat table.bin | vestige table verify - --all --json`,
    )
    .action((file: string, options: Options) => verify(file, options, terminal));
}

async function verify(file: string, options: Options, terminal: Terminal): Promise<void> {
  const expected = expectation(options);
  const report = await withArea(file, terminal, (area) => verifyTable(area, expected));
  if (options.json) await printJson(report, terminal);
  else await printLines(describe(report), terminal);
  // Zeros are proven of a table that Linux refuses too; but nobody should take it for a sound one.
  const isSound = report.verified && report.kernelView.error === null;
  if (!isSound) terminal.exitCode = exitCodes.negative;
}

function expectation({ guid, all }: Options): VerifyOptions {
  if (guid && all) throw new UsageError('say either --guid GUID or --all');
  if (all) return { gone: 'all' };
  return guid ? { gone: guid } : {};
}

function headline({ verified, kernelView }: VerifyReport): string {
  if (!verified) return 'NOT VERIFIED';
  return kernelView.error === null ? 'verified' : 'zeros verified, BUT LINUX REFUSES THE TABLE';
}

function describe(report: VerifyReport): string[] {
  const { tableState, entries, stillLive, unreachedBytes, diagnostics } = report;
  const count = (wanted: string) => entries.filter(({ verdict }) => verdict === wanted).length;
  const [zero, live] = [count('zero'), count('live')];
  const rows = entries.map(({ index, offset, guid, verdict }) => [
    String(index),
    String(offset),
    guid,
    verdict,
  ]);
  return [
    `${headline(report)}: ${tableState}, ${zero} wiped and zero, ${live} live`,
    whatLinuxShows(report),
    ...(rows.length > 0 ? columns([['#', 'offset', 'guid', 'verdict'], ...rows]) : []),
    ...stillLive.map((guid) => `${guid} is still live`),
    ...(unreachedBytes > 0 ? [`${unreachedBytes} bytes cannot be told apart`] : []),
    ...describeDiagnostics(diagnostics),
  ];
}
