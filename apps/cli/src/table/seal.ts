import { unlink } from 'node:fs/promises';

import {
  isMeasureOf,
  type Launch,
  type LaunchPacket,
  launchSecretBytesMax,
  libvirtTexts,
  parseBytes,
  qmpCommand,
  sealTable,
  zeroKeys,
} from '@vestige/secret-area';
import { type Command, InvalidArgumentError, Option } from 'commander';

import { UsageError } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { readBytes } from './image.ts';
import { readKey, readMeasure } from './key-file.ts';
import { writeNewFile } from './new-file.ts';
import { warn } from './warning.ts';

interface Options {
  tik: string;
  tek: string;
  launchMeasure: string;
  format: 'raw' | 'base64' | 'qmp';
  header?: string;
  payload?: string;
  gpa?: number;
  digest?: Uint8Array;
  api?: [major: number, minor: number];
  build?: number;
  policy?: number;
  json?: true;
}

export function addSeal(table: Command, terminal: Terminal): void {
  table
    .command('seal')
    .description(
      'make the AMD SEV LAUNCH_SECRET packet of a table, for the one guest that was measured',
    )
    .argument('<file>', 'image of a secret area, - for standard input')
    .requiredOption('--tik <file>', 'transport integrity key: 16 bytes, or their base64')
    .requiredOption('--tek <file>', 'transport encryption key: 16 bytes, or their base64')
    .requiredOption('--launch-measure <measure>', 'what the platform measured: base64, or a file')
    .addOption(
      new Option('--format <format>', 'raw: two files; base64: for libvirt; qmp: for QEMU')
        .choices(['raw', 'base64', 'qmp'])
        .default('raw'),
    )
    .option('--header <file>', 'where the packet header goes (raw, base64)')
    .option('--payload <file>', 'where the encrypted table goes (raw, base64)')
    .option('--gpa <address>', 'guest address to inject to (qmp)', number)
    .option(
      '--digest <hex>',
      'check the measure: SHA-256 of the firmware that was to be launched',
      digest,
    )
    .option('--api <major.minor>', 'check the measure: API version of the platform', version)
    .option('--build <number>', 'check the measure: build of the platform', number)
    .option('--policy <number>', 'check the measure: policy of the guest', number)
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action((file: string, options: Options) => seal(file, options, terminal));
}

const examples = `
Without --digest, --api, --build and --policy the measure is not checked: then check it before
you seal, or whoever runs the platform chooses which guest gets the secrets.
Ends with 1 where the measure is another launch's, or the table is not one that Linux shows.

Examples:
  $ vestige table seal table.bin --tik vm_tik.bin --tek vm_tek.bin --launch-measure "$MEASURE" \\
      --header packet.hdr --payload packet.bin
  $ vestige table seal table.bin --tik vm_tik.bin --tek vm_tek.bin --launch-measure measure.b64 \\
      --digest "$(sha256sum < OVMF.fd | cut -c-64)" --api 0.24 --build 15 --policy 0x1 --format qmp`;

const unchecked = { code: 'measure-unchecked', message: 'the launch measure was not checked' };

async function seal(file: string, options: Options, terminal: Terminal): Promise<void> {
  checkOutputs(options);
  const launch = expectedLaunch(options);
  const measured = await readMeasure(options.launchMeasure, terminal);
  const tik = await readKey(options.tik, terminal);
  const keys = { tik, tek: await readKeyOrZero(options.tek, tik, terminal) };
  try {
    if (launch && !isMeasureOf(measured, launch, tik)) {
      throw new Error('the platform measured another launch: nothing was sealed');
    }
    if (!launch) warn(unchecked, options.json === true, terminal);
    const packet = await sealed(file, terminal, (table) => sealTable(table, keys, measured));
    await deliver(packet, options, terminal);
  } finally {
    zeroKeys(keys);
  }
}

/** The first key must not stay where the second cannot be read. */
async function readKeyOrZero(
  file: string,
  first: Uint8Array,
  terminal: Terminal,
): Promise<Uint8Array> {
  try {
    return await readKey(file, terminal);
  } catch (error) {
    first.fill(0);
    throw error;
  }
}

async function sealed(
  file: string,
  terminal: Terminal,
  make: (table: Uint8Array) => LaunchPacket,
): Promise<LaunchPacket> {
  const table = await readBytes(file, launchSecretBytesMax, terminal);
  try {
    const { state } = parseBytes(table);
    if (state === 'populated') return make(table);
    throw new Error(`the table is ${state}, see inspect: nothing was sealed`);
  } finally {
    table.fill(0);
  }
}

async function deliver(packet: LaunchPacket, options: Options, terminal: Terminal): Promise<void> {
  const { format, gpa, header, payload, json } = options;
  if (format === 'qmp') {
    terminal.print(JSON.stringify(qmpCommand(packet, gpa)));
    return;
  }
  const texts = libvirtTexts(packet);
  if (header === undefined || payload === undefined) {
    terminal.print(JSON.stringify(texts));
    return;
  }
  await writeNewFile(header, format === 'raw' ? packet.header : texts.secrethdr);
  try {
    await writeNewFile(payload, format === 'raw' ? packet.payload : texts.secret);
  } catch (error) {
    // Half a packet is of no use, and would be in the way the next time.
    await unlink(header);
    throw error;
  }
  const payloadBytes = packet.payload.length;
  terminal.print(
    json
      ? JSON.stringify({ header, payload, payloadBytes })
      : `${header}: the header; ${payload}: ${payloadBytes} bytes of payload`,
  );
}

function checkOutputs({ format, header, payload, gpa }: Options): void {
  const files = [header, payload].filter((file) => file !== undefined).length;
  if (format === 'raw' && files < 2) throw new UsageError('raw needs --header and --payload');
  if (format === 'base64' && files === 1) throw new UsageError('say both --header and --payload');
  if (format === 'qmp' && files > 0) throw new UsageError('qmp goes to standard output');
  if (format !== 'qmp' && gpa !== undefined) throw new UsageError('--gpa goes with --format qmp');
}

function expectedLaunch({ digest: sha256, api, build, policy }: Options): Launch | null {
  if (sha256 && api && build !== undefined && policy !== undefined) {
    return { digest: sha256, apiMajor: api[0], apiMinor: api[1], build, policy };
  }
  if ([sha256, api, build, policy].every((value) => value === undefined)) return null;
  throw new UsageError(
    'the measure is checked with --digest, --api, --build and --policy together',
  );
}

function number(text: string): number {
  if (!/^(?:0x[0-9a-f]{1,13}|\d{1,15})$/i.test(text)) {
    throw new InvalidArgumentError('It must be a number, decimal or 0x.');
  }
  return Number(text);
}

function version(text: string): [major: number, minor: number] {
  const [, major, minor] = /^(\d{1,3})\.(\d{1,3})$/.exec(text) ?? [];
  if (!major || !minor) throw new InvalidArgumentError('It must be like 0.24.');
  return [Number(major), Number(minor)];
}

function digest(text: string): Uint8Array {
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new InvalidArgumentError('It must be 64 hex digits.');
  return new Uint8Array(Buffer.from(text, 'hex'));
}
