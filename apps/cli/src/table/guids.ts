import type { KnownGuid } from '@vestige/secret-area';
import type { Command } from 'commander';

import { exitCodes } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { columns } from './columns.ts';
import { readRegistry, registryOption } from './registry.ts';

interface Options {
  registry?: string;
  json?: true;
}

export function addGuids(table: Command, terminal: Terminal): void {
  table
    .command('guids')
    .description('list known GUIDs: what they mean, what form their data has, and who says so')
    .argument('[text]', 'only those that have this in GUID, meaning, form or source')
    .option(...registryOption)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Ends with 1 where no GUID has the text.

Examples:
  $ vestige table guids
  $ vestige table guids 736869e5
  $ vestige table guids --registry ours.json --json`,
    )
    .action((text: string | undefined, options: Options) => list(text ?? '', options, terminal));
}

async function list(text: string, options: Options, terminal: Terminal): Promise<void> {
  const registry = await readRegistry(options.registry, terminal);
  const guids = registry.guids.filter((row) => has(row, text.toLowerCase()));
  terminal.print(
    options.json
      ? JSON.stringify({ guids }, null, 2)
      : columns(guids.map(asRow)).join('\n') || 'none is known',
  );
  if (guids.length === 0) terminal.exitCode = exitCodes.negative;
}

function has(row: KnownGuid, text: string): boolean {
  return asRow(row).some((cell) => cell.toLowerCase().includes(text));
}

function asRow({ guid, kind, meaning, form, source }: KnownGuid): string[] {
  return [guid, kind, meaning, form ?? '', source ?? ''];
}
