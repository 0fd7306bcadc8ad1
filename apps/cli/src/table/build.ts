import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

import {
  areaSizes,
  buildFrom,
  type BuildOptions,
  bytesSource,
  type Convention,
  conventions,
  fileSource,
  type Padding,
  parseBytes,
  SecretAreaError,
  type SecretSource,
  tableBytesMax,
} from '@vestige/secret-area';
import { type Command, InvalidArgumentError, Option } from 'commander';

import { UsageError } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { standardStream } from './image.ts';
import { describeDiagnostics } from './inspect.ts';
import { writeNewFile } from './new-file.ts';
import { warn } from './warning.ts';

interface Options {
  output: string;
  areaSize?: number;
  convention: Convention;
  padding?: Padding;
  nul?: boolean;
  json?: true;
}

export function addBuild(table: Command, terminal: Terminal): void {
  table
    .command('build')
    .description(
      'build a table from files; the image holds the secrets, so only its owner may read it',
    )
    .argument(
      '<entry...>',
      'GUID=file:PATH, file:- for standard input; there is no way to give a secret on the command line',
    )
    .requiredOption('-o, --output <file>', 'image to write, which must not exist yet; - for output')
    .option(
      '--area-size <bytes>',
      `fill with zeros to this size (${areaSizes.join(', ')})`,
      wholeNumber,
    )
    .addOption(
      new Option('--convention <writer>', 'write as this writer does')
        .choices(Object.keys(conventions))
        .default('sevctl'),
    )
    .addOption(
      new Option('--padding <form>', 'pad otherwise than the convention').choices([
        'exact',
        'extra-block',
        'included',
        'none',
      ]),
    )
    .option('--nul', 'end each entry with a NUL, as GRUB needs it')
    .option('--no-nul', 'add no NUL, whatever the convention')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ vestige table build -o table.bin 736869e5-84f0-4973-92ec-06879ce3da0b=file:passphrase
  $ pass show disk | tr -d '\\n' | vestige table build -o table.bin --area-size 3072 --nul \\
      736869e5-84f0-4973-92ec-06879ce3da0b=file:-`,
    )
    .action((entries: string[], options: Options) => build(entries, options, terminal));
}

async function build(
  specs: readonly string[],
  options: Options,
  terminal: Terminal,
): Promise<void> {
  const handles: FileHandle[] = [];
  const inputs: Uint8Array[] = [];
  try {
    const sources: SecretSource[] = [];
    for (const spec of specs) {
      const { guid, file } = readSpec(spec);
      sources.push(
        file === standardStream
          ? bytesSource(guid, await onlyInput(inputs, terminal))
          : await fileSource(guid, await opened(file, handles)),
      );
    }
    const image = await buildFrom(sources, buildOptions(options)).catch(asUsage);
    await deliver(image, options, sources.length, terminal);
  } finally {
    for (const bytes of inputs) bytes.fill(0);
    for (const handle of handles) await handle.close();
  }
}

async function deliver(
  image: Uint8Array,
  { output, json }: Options,
  entries: number,
  terminal: Terminal,
): Promise<void> {
  try {
    warnOf(image, json === true, terminal);
    if (output === standardStream) return await terminal.writeOutput(image);
    await writeNewFile(output, image);
  } finally {
    image.fill(0);
  }
  const areaSize = image.length;
  terminal.print(
    json
      ? JSON.stringify({ output, areaSize, entries })
      : `${output}: ${areaSize} bytes, ${entries} entries`,
  );
}

/** A GUID that is most likely a misprint is best noticed before the launch. */
function warnOf(image: Uint8Array, isJson: boolean, terminal: Terminal): void {
  const warnings = parseBytes(image).diagnostics.filter(({ severity }) => severity === 'warning');
  for (const warning of warnings) {
    const message = isJson ? warning.message : describeDiagnostics([warning]).join('\n');
    warn({ code: warning.code, message }, isJson, terminal);
  }
}

function buildOptions({ convention, padding, nul, areaSize }: Options): BuildOptions {
  return {
    padding: padding ?? conventions[convention].padding,
    nul: nul ?? conventions[convention].nul,
    ...(areaSize === undefined ? {} : { areaSize }),
  };
}

const entryForm = /^(?<guid>[^=]+)=file:(?<file>.+)$/;

function readSpec(spec: string): { guid: string; file: string } {
  const { guid, file } = entryForm.exec(spec)?.groups ?? {};
  // The text is not repeated: it may be a secret that somebody typed by mistake.
  if (guid === undefined || file === undefined) throw new UsageError('an entry is GUID=file:PATH');
  return { guid, file };
}

async function onlyInput(inputs: Uint8Array[], terminal: Terminal): Promise<Uint8Array> {
  if (inputs.length > 0) throw new UsageError('standard input can be one entry only');
  const bytes = await terminal.readInput(tableBytesMax);
  inputs.push(bytes);
  return bytes;
}

async function opened(file: string, handles: FileHandle[]): Promise<FileHandle> {
  // A pipe must not be waited for; it is refused once it is open.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  handles.push(handle);
  if ((await handle.stat()).isFile()) return handle;
  throw new UsageError(`${file} is not a regular file: give a pipe as standard input, file:-`);
}

/** Too many entries are the caller's doing here; elsewhere they are found. */
function asUsage(error: unknown): never {
  const isTooMany = error instanceof SecretAreaError && error.code === 'too-many-entries';
  throw isTooMany ? new UsageError('Linux shows 64 entries and no more') : error;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
