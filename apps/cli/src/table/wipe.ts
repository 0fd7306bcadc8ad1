import {
  type AreaWriter,
  blockingFileArea,
  type Medium,
  mediumOf,
  wipeAll,
  wipeEntries,
  type WipeReport,
} from '@vestige/secret-area';
import type { Command } from 'commander';

import { exitCodes, UsageError } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { collect } from './collect.ts';
import { standardStream, withFile } from './image.ts';
import { printJson, printLines } from './pieces.ts';

interface Options {
  guid?: string[];
  all?: true;
  yes?: true;
  json?: true;
}

export function addWipe(table: Command, terminal: Terminal): void {
  table
    .command('wipe')
    .description('overwrite entries with zeros in place and read them back; cannot be undone')
    .argument('<file>', 'image of a secret area')
    .option('--guid <guid>', 'wipe every entry of this GUID; may be said several times', collect)
    .option('--all', 'wipe every entry')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Ends with 1 where not all that was asked for is proven to be zero.

Examples:
  $ vestige table wipe table.bin --guid 736869e5-84f0-4973-92ec-06879ce3da0b
  $ vestige table wipe table.bin --all --yes --json`,
    )
    .action((file: string, options: Options) => wipe(file, options, terminal));
}

async function wipe(file: string, options: Options, terminal: Terminal): Promise<void> {
  const { run, what } = chosen(options);
  if (file === standardStream) throw new UsageError('a wipe is in place: name the file');
  const question = `Wipe ${what} in ${file}? This cannot be undone.`;
  if (!options.yes && !(await isAgreed(question, terminal))) {
    throw new Error('nothing was wiped');
  }
  // The medium first: what was wiped must be reported, also where the file goes away meanwhile.
  const { report, medium } = await withFile(file, 'r+', async (handle) => ({
    medium: await mediumOf(file),
    report: await run(blockingFileArea(handle.fd)),
  }));
  const answer = { ...report, medium };
  if (options.json) await printJson(answer, terminal);
  else await printLines(describe(report, medium), terminal);
  if (!isClean(report)) terminal.exitCode = exitCodes.negative;
}

interface Choice {
  what: string;
  run: (area: AreaWriter) => Promise<WipeReport>;
}

function chosen({ guid: guids, all }: Options): Choice {
  if (guids !== undefined && !all) {
    const what = `every entry of ${guids.join(', ')}`;
    return { what, run: (area) => wipeEntries(area, guids) };
  }
  if (guids === undefined && all) return { what: 'every entry', run: wipeAll };
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

function describe(report: WipeReport, medium: Medium): string[] {
  const { outcome, entries, tableState, unreachedBytes, notFound } = report;
  return [
    tableState === 'unpopulated' ? `${outcome}: there is no table in this area` : outcome,
    ...entries.map(
      ({ guid, offset, length, bytesOverwritten }) =>
        `${guid} at ${offset}: ${bytesOverwritten} of ${length} bytes overwritten, the length kept`,
    ),
    ...notFound.map((guid) => `${guid}: not found`),
    ...(entries.length > 0 ? describeProof(report, medium) : []),
    ...(unreachedBytes > 0
      ? [`NOT REACHED: ${unreachedBytes} bytes behind the damage of a corrupt table`]
      : []),
  ];
}

function describeProof({ readBackZero }: WipeReport, { filesystem, caveats }: Medium): string[] {
  return [
    readBackZero ? 'read back as zero' : 'NOT READ BACK AS ZERO',
    `What this does not promise on ${filesystem}:`,
    ...caveats.map((caveat) => `  ${caveat}`),
  ];
}
