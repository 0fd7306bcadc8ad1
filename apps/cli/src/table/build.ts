import { open, unlink } from 'node:fs/promises';

import {
  type BuildOptions,
  buildTable,
  fileArea,
  type NewEntry,
  type Padding,
  tableBytesMax,
} from '@vestige/secret-area';
import { type Command, InvalidArgumentError, Option } from 'commander';

import { UsageError } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { withImage } from './image.ts';

interface Options {
  output: string;
  areaSize?: number;
  padding: Padding;
  nul?: true;
  json?: true;
}

export function addBuild(table: Command, terminal: Terminal): void {
  table
    .command('build')
    .description(
      'build a table from files; the image holds the secrets, so only its owner may read it',
    )
    .argument('<entry...>', 'GUID=file:PATH; there is no way to give a secret on the command line')
    .requiredOption('-o, --output <file>', 'image to write; it must not exist yet')
    .option('--area-size <bytes>', 'fill with zeros to this size', wholeNumber)
    .addOption(
      new Option('--padding <form>', 'exact: not counted, as sevctl does')
        .choices(['exact', 'included', 'none'])
        .default('exact'),
    )
    .option('--nul', 'end each entry with a NUL, as GRUB needs it')
    .option('--json', 'print JSON')
    .action((entries: string[], options: Options) => build(entries, options, terminal));
}

async function build(
  specs: readonly string[],
  options: Options,
  terminal: Terminal,
): Promise<void> {
  const entries: NewEntry[] = [];
  try {
    for (const spec of specs) entries.push(await readEntry(spec));
    const image = buildTable(entries, buildOptions(options));
    try {
      await writeNew(options.output, image);
    } finally {
      image.fill(0);
    }
    const { length } = image;
    terminal.print(
      options.json
        ? JSON.stringify({ output: options.output, areaSize: length, entries: entries.length })
        : `${options.output}: ${length} bytes, ${entries.length} entries`,
    );
  } finally {
    for (const { data } of entries) data.fill(0);
  }
}

function buildOptions({ areaSize, padding, nul }: Options): BuildOptions {
  return { padding, nul: nul ?? false, ...(areaSize === undefined ? {} : { areaSize }) };
}

const entryForm = /^(?<guid>[^=]+)=file:(?<file>.+)$/;

async function readEntry(spec: string): Promise<NewEntry> {
  const { guid, file } = entryForm.exec(spec)?.groups ?? {};
  // The text is not repeated: it may be a secret that somebody typed by mistake.
  if (guid === undefined || file === undefined) throw new UsageError('an entry is GUID=file:PATH');
  const data = await withImage(file, 'r', async (handle) => {
    const area = await fileArea(handle);
    if (area.size > tableBytesMax) throw new UsageError(`${file} is too large for a secret`);
    return area.read(0, area.size);
  });
  return { guid, data };
}

async function writeNew(file: string, image: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', 0o600).catch((error: unknown) => {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw exists ? new UsageError(`${file} exists already`) : error;
  });
  try {
    await handle.writeFile(image);
    await handle.sync();
  } catch (error) {
    await unlink(file);
    throw error;
  } finally {
    await handle.close();
  }
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
