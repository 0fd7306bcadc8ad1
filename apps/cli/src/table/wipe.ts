import {
  type AreaWriter,
  fileArea,
  wipeAll,
  wipeEntry,
  type WipeReport,
} from '@vestige/secret-area';
import type { Command } from 'commander';

import { exitCodes, UsageError } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { withImage } from './image.ts';

interface Options {
  guid?: string;
  all?: true;
  yes?: true;
  json?: true;
}

export function addWipe(table: Command, terminal: Terminal): void {
  table
    .command('wipe')
    .description('overwrite entries with zeros in place and read them back; cannot be undone')
    .argument('<file>', 'image of a secret area')
    .option('--guid <guid>', 'wipe every entry of this GUID')
    .option('--all', 'wipe every entry')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON')
    .action((file: string, options: Options) => wipe(file, options, terminal));
}

async function wipe(file: string, options: Options, terminal: Terminal): Promise<void> {
  const { run, what } = chosen(options);
  const question = `Wipe ${what} in ${file}? This cannot be undone.`;
  if (!options.yes && !(await isAgreed(question, terminal))) {
    terminal.warn('nothing was wiped');
    terminal.exitCode = exitCodes.negative;
    return;
  }
  const report = await withImage(file, 'r+', async (handle) => run(await fileArea(handle)));
  terminal.print(options.json ? JSON.stringify(report, null, 2) : describe(report));
  if (!isClean(report)) terminal.exitCode = exitCodes.negative;
}

interface Choice {
  what: string;
  run: (area: AreaWriter) => Promise<WipeReport>;
}

function chosen({ guid, all }: Options): Choice {
  if (guid !== undefined && !all) {
    return { what: `every entry of ${guid}`, run: (area) => wipeEntry(area, guid) };
  }
  if (guid === undefined && all) return { what: 'every entry', run: wipeAll };
  throw new UsageError('say either --guid GUID or --all');
}

async function isAgreed(question: string, terminal: Terminal): Promise<boolean> {
  const agreed = await terminal.confirm(question);
  if (agreed === null) throw new UsageError('nobody can be asked here: say --yes');
  return agreed;
}

/** Nothing written is clean; what was written must be proven, and nothing may be left behind damage. */
function isClean({ entries, synced, readBackZero, unreachedBytes }: WipeReport): boolean {
  return unreachedBytes === 0 && (entries.length === 0 || (synced && readBackZero));
}

function describe(report: WipeReport): string {
  const { outcome, entries, readBackZero, tableState, unreachedBytes } = report;
  return [
    tableState === 'unpopulated' ? `${outcome}: there is no table in this area` : outcome,
    ...entries.map(
      ({ guid, offset, length, bytesOverwritten }) =>
        `${guid} at ${offset}: ${bytesOverwritten} of ${length} bytes overwritten, the length kept`,
    ),
    ...(entries.length > 0 ? [readBackZero ? 'read back as zero' : 'NOT READ BACK AS ZERO'] : []),
    ...(unreachedBytes > 0
      ? [`NOT REACHED: ${unreachedBytes} bytes behind the damage of a corrupt table`]
      : []),
  ].join('\n');
}
