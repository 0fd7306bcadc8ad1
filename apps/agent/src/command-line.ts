import { parseArgs } from 'node:util';

import { AgentError, causeOf } from './agent-error.ts';
import type { DoctorOptions } from './commands/doctor.ts';
import type { WipeOptions } from './commands/wipe-command.ts';
import { holdMillisecondsDefault } from './observe/reader-gate.ts';

export const usage = `vestige-agent: watches the secrets of this guest, reports to the service, carries out its wipe orders

  vestige-agent run --api URL --state-dir DIR [options]
      --api URL                     the service, as in https://vestige.example; not needed where the enrolment entry
                                    tells it, or the guest is enrolled
      --state-dir DIR               identity, journal, orders and the log's checkpoint; kept over restarts
      --enrolment-token TOKEN       needed once, for the first start; where none is given, the entry
                                    ca52112c-90eb-413b-9a70-4dc67d603d55 of the secret area is read, once, and wiped
      --enrolment-token-file FILE   the same from a file
      --log-key VKEY                the service's log is signed by this key (name+id+key, as \`vestige log key\`
                                    shows it); the first that the service lists is trusted where none is given
      --source KIND[:PATH]          efi-secret[:DIRECTORY], table:IMAGE, open-dice[:DEVICE], secvar[:DIRECTORY] or
                                    efivars[:DIRECTORY]; may be repeated; efi-secret at its place in securityfs where
                                    none is given. secvar and efivars are only listed; open-dice is wiped as a whole,
                                    and only where its DEVICE is named
      --mode observe|enforce        enforce refuses readers and wipes as the service's policies say, also while
                                    the service is away; observe, the default, only tells
      --hold-ms N                   how long a reader waits at most until its read is durable: 100 to 10000,
                                    2000 where none is given. An agent that is stopped goes on before that by
                                    itself; where it cannot run for five times as long, the kernel kills it
      --name NAME                   the guest's name where it is not the host's
      --allow-http                  plain HTTP to another machine, where a tunnel protects it
      --boot-id-file FILE           for demonstrations only: plays a boot, whose id (a UUID) is the text of
                                    the file, so that several guests can share one machine
  vestige-agent scan [--source KIND[:PATH]]... [--json]
      lists the secrets that are there now; opens none
  vestige-agent status --state-dir DIR [--json]
  vestige-agent wipe GUID|NAME [--source KIND[:PATH]]... [--state-dir DIR] [--yes] [--json]
      wipes it now, from every source or from those that are named. With --state-dir the running agent does
      it and records it; where none runs it is recorded in the agent's place. Without, it is not recorded
  vestige-agent enrol --state-dir DIR (--from-secret-area | --api URL (--enrolment-token TOKEN |
        --enrolment-token-file FILE)) [--log-key VKEY] [--name NAME] [--source KIND[:PATH]]... [--allow-http]
      enrols the guest and ends
  vestige-agent doctor [--source KIND[:PATH]]... [--state-dir DIR] [--api URL] [--json]
      says what works on this machine, what does not, and what to do
  vestige-agent --help | --version

Exit codes: 0 fine, 1 negative (corrupt, not running, conflict), 2 usage, 3 service not reached, 4 not allowed.
`;

export interface RunOptions {
  readonly api: string | undefined;
  readonly stateDir: string;
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
  readonly logKey: string | undefined;
  readonly sources: readonly string[];
  readonly name: string | undefined;
  readonly bootIdFile: string | undefined;
  readonly allowHttp: boolean;
  readonly mode: 'observe' | 'enforce';
  readonly holdMilliseconds: number;
}

export interface EnrolOptions extends Omit<RunOptions, 'mode' | 'holdMilliseconds'> {
  readonly fromSecretArea: boolean;
}

export type Command =
  | { readonly command: 'help' | 'version' }
  | { readonly command: 'run'; readonly options: RunOptions }
  | { readonly command: 'scan'; readonly sources: readonly string[]; readonly json: boolean }
  | { readonly command: 'status'; readonly stateDir: string; readonly json: boolean }
  | { readonly command: 'enrol'; readonly options: EnrolOptions }
  | { readonly command: 'wipe'; readonly options: WipeOptions }
  | { readonly command: 'doctor'; readonly options: DoctorOptions };

const options = {
  api: { type: 'string' },
  'state-dir': { type: 'string' },
  'enrolment-token': { type: 'string' },
  'enrolment-token-file': { type: 'string' },
  'from-secret-area': { type: 'boolean' },
  'log-key': { type: 'string' },
  source: { type: 'string', multiple: true },
  mode: { type: 'string' },
  'hold-ms': { type: 'string' },
  name: { type: 'string' },
  'boot-id-file': { type: 'string' },
  'allow-http': { type: 'boolean' },
  json: { type: 'boolean' },
  yes: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof parseValues>['values'];

const optionsOf: Record<string, readonly string[]> = {
  run: [
    'api',
    'state-dir',
    'enrolment-token',
    'enrolment-token-file',
    'log-key',
    'source',
    'mode',
    'hold-ms',
    'name',
    'boot-id-file',
    'allow-http',
  ],
  scan: ['source', 'json'],
  status: ['state-dir', 'json'],
  enrol: [
    'api',
    'state-dir',
    'enrolment-token',
    'enrolment-token-file',
    'from-secret-area',
    'log-key',
    'source',
    'name',
    'boot-id-file',
    'allow-http',
  ],
  wipe: ['source', 'state-dir', 'boot-id-file', 'yes', 'json'],
  doctor: ['source', 'state-dir', 'api', 'allow-http', 'json'],
};

/** Reads a command line strictly; throws a usage error that says what to change. */
export function parseCommandLine(args: readonly string[]): Command {
  const { values, positionals } = parseValues(args);
  if (values.help === true) return { command: 'help' };
  if (values.version === true) return { command: 'version' };
  const command = commandOf(positionals, Object.keys(values));
  const { source: sources = [], json = false } = values;
  if (command === 'wipe') return { command, options: parseWipe(values, positionals[1]) };
  if (command === 'doctor') return { command, options: parseDoctor(values) };
  if (command === 'scan') return { command: 'scan', sources, json };
  const stateDir = required(values['state-dir'], '--state-dir DIR');
  if (command === 'enrol') return { command, options: parseEnrol(values, stateDir) };
  return command === 'status'
    ? { command: 'status', stateDir, json }
    : { command: 'run', options: parseRun(values, stateDir) };
}

function commandOf([command = '', ...others]: readonly string[], given: readonly string[]): string {
  const allowed = optionsOf[command];
  if (allowed === undefined || others.length > (command === 'wipe' ? 1 : 0))
    throw wrong(
      'the commands are run, enrol, scan, status, wipe and doctor; see vestige-agent --help',
    );
  const foreign = given.find((name) => !allowed.includes(name));
  if (foreign !== undefined) throw wrong(`${command} does not take --${foreign}`);
  return command;
}

function parseValues(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : causeOf(error));
  }
}

function parseRun(values: Values, stateDir: string): RunOptions {
  const { mode = 'observe' } = values;
  if (mode !== 'observe' && mode !== 'enforce') throw wrong('--mode takes observe or enforce');
  const holdMilliseconds = parseHold(values['hold-ms']);
  return { ...parseEnrolment(values, stateDir), mode, holdMilliseconds };
}

/** Each way to enrol is named: a token that is forgotten must not make the agent open the secret area. */
function parseEnrol(values: Values, stateDir: string): EnrolOptions {
  const enrolment = parseEnrolment(values, stateDir);
  const { token, tokenFile, api } = enrolment;
  const fromSecretArea = values['from-secret-area'] === true;
  const hasToken = token !== undefined || tokenFile !== undefined;
  if (fromSecretArea === hasToken)
    throw wrong('enrol takes one of --enrolment-token, --enrolment-token-file, --from-secret-area');
  if (hasToken) required(api, '--api URL');
  return { ...enrolment, fromSecretArea };
}

function parseEnrolment(values: Values, stateDir: string): Omit<EnrolOptions, 'fromSecretArea'> {
  const { api, source: sources = [], name } = values;
  const token = values['enrolment-token'];
  const tokenFile = values['enrolment-token-file'];
  if (token !== undefined && tokenFile !== undefined)
    throw wrong('--enrolment-token and --enrolment-token-file exclude each other');
  return {
    // A unit whose setting is not set gives an empty one.
    api: api === '' ? undefined : api,
    stateDir,
    token,
    tokenFile,
    logKey: values['log-key'],
    sources,
    name,
    bootIdFile: values['boot-id-file'],
    allowHttp: values['allow-http'] === true,
  };
}

function parseWipe(values: Values, name: string | undefined): WipeOptions {
  return {
    name: required(name, 'the GUID or name of a secret'),
    sources: values.source ?? [],
    stateDir: values['state-dir'],
    bootIdFile: values['boot-id-file'],
    yes: values.yes === true,
    json: values.json === true,
  };
}

function parseHold(text: string | undefined): number {
  if (text === undefined) return holdMillisecondsDefault;
  const milliseconds = /^\d+$/.test(text) ? Number(text) : 0;
  if (milliseconds >= 100 && milliseconds <= 10_000) return milliseconds;
  throw wrong('--hold-ms takes 100 to 10000 milliseconds');
}

function parseDoctor(values: Values): DoctorOptions {
  return {
    sources: values.source ?? [],
    stateDir: values['state-dir'],
    api: values.api,
    allowHttp: values['allow-http'] === true,
    json: values.json === true,
  };
}

function required(value: string | undefined, option: string): string {
  if (value === undefined || value === '') throw wrong(`${option} is missing`);
  return value;
}

function wrong(message: string): AgentError {
  return new AgentError('usage', message);
}
