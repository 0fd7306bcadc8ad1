import {
  type Entry,
  fileArea,
  type KernelView,
  parseTable,
  type SecretTable,
} from '@vestige/secret-area';
import type { Command } from 'commander';

import { exitCodes } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { withImage } from './image.ts';

export function addInspect(table: Command, terminal: Terminal): void {
  table
    .command('inspect')
    .description('list the entries of a table and what Linux would show of it')
    .argument('<file>', 'image of a secret area')
    .option('--json', 'print JSON')
    .action((file: string, options: { json?: true }) => inspect(file, options, terminal));
}

async function inspect(file: string, options: { json?: true }, terminal: Terminal): Promise<void> {
  const table = await withImage(file, 'r', async (handle) => parseTable(await fileArea(handle)));
  terminal.print(options.json ? JSON.stringify(table, null, 2) : describe(table));
  // An area that nobody filled is an answer like any other.
  if (table.state === 'corrupt') terminal.exitCode = exitCodes.negative;
}

function describe(table: SecretTable): string {
  return [
    `${table.state}: area of ${table.areaSize} bytes, table of ${table.tableLength}`,
    ...table.entries.map(describeEntry),
    describeKernelView(table),
    ...table.diagnostics.map(({ code, message, offset }) => `${code} at ${offset}: ${message}`),
    ...(table.unreached
      ? [`${table.unreached.length} bytes from ${table.unreached.offset} on cannot be told apart`]
      : []),
  ].join('\n');
}

function describeEntry({ index, offset, guid, dataLength, state, usage }: Entry): string {
  return [
    String(index).padStart(4),
    `offset ${offset}`.padEnd(14),
    guid,
    state.padEnd(7),
    `${dataLength} bytes`.padEnd(12),
    usage ?? '',
  ]
    .join('  ')
    .trimEnd();
}

function describeKernelView({ kernelView, entries }: SecretTable): string {
  return `Linux shows ${whatLinuxShows(kernelView, entries.length)}`;
}

function whatLinuxShows(view: KernelView, entries: number): string {
  if (view.directory) return `${view.visible.length} of ${entries} entries`;
  return view.error ? `nothing: it refuses the area (${view.error})` : 'nothing: there is no table';
}
