import {
  type Diagnostic,
  type KernelView,
  parseTable,
  type SecretTable,
} from '@vestige/secret-area';
import type { Command } from 'commander';

import { exitCodes } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { columns } from './columns.ts';
import { withArea } from './image.ts';
import { printJson, printLines } from './pieces.ts';
import { readRegistry, registryOption } from './registry.ts';

interface Options {
  registry?: string;
  json?: true;
}

export function addInspect(table: Command, terminal: Terminal): void {
  table
    .command('inspect')
    .description('list the entries of a table and what Linux would show of it; reads headers only')
    .argument('<file>', 'image of a secret area, - for standard input')
    .option(...registryOption)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Ends with 1 where the table is corrupt.

Examples:
  $ vestige table inspect table.bin
  $ vestige table inspect table.bin --json | jq .kernelView
  $ ssh guest cat table.bin | vestige table inspect -`,
    )
    .action((file: string, options: Options) => inspect(file, options, terminal));
}

async function inspect(file: string, options: Options, terminal: Terminal): Promise<void> {
  const registry = await readRegistry(options.registry, terminal);
  const table = await withArea(file, terminal, (area) => parseTable(area, { registry }));
  if (options.json) await printJson(table, terminal);
  else await printLines(describe(table), terminal);
  // An area that nobody filled is an answer like any other.
  if (table.state === 'corrupt') terminal.exitCode = exitCodes.negative;
}

function describe(table: SecretTable): string[] {
  const { state, areaSize, tableLength, diagnostics, unreached } = table;
  return [
    `${state}: area of ${areaSize} bytes, table of ${tableLength}`,
    ...describeEntries(table),
    whatLinuxShows(table),
    ...describeDiagnostics(diagnostics),
    ...(unreached && unreached.length > 0
      ? [`${unreached.length} bytes from ${unreached.offset} on cannot be told apart`]
      : []),
  ];
}

function describeEntries({ entries }: SecretTable): string[] {
  if (entries.length === 0) return [];
  const rows = entries.map(({ index, offset, guid, state, dataLength, usage }) => [
    String(index),
    String(offset),
    guid,
    state,
    String(dataLength),
    usage ?? '',
  ]);
  return columns([['#', 'offset', 'guid', 'state', 'data', 'usage'], ...rows]);
}

export function whatLinuxShows({
  kernelView: { directory, visible, error },
  entries,
}: {
  kernelView: KernelView;
  entries: readonly unknown[];
}): string {
  if (directory) return `Linux shows ${visible.length} of ${entries.length} entries`;
  return error
    ? `Linux shows nothing: it refuses the area (${error})`
    : 'Linux shows nothing: there is no table';
}

export function describeDiagnostics(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.flatMap(({ severity, code, offset, message, advice }) => [
    `${severity} ${code} at ${offset}: ${message}`,
    `  ${advice}`,
  ]);
}
