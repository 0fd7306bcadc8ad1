import { parseArgs } from 'node:util';

import type { Config } from '../config.ts';
import { restore, type Say } from './restore.ts';
import { replaceLostLogKey, rotateLogKey } from './rotate-log-key.ts';

const usage = `The service of Vestige. Without a command it runs until it is told to stop; its settings are in the environment.

  restore [--acknowledge-gap]                    compare the log with what was signed; go on although some of it is lost
  rotate-log-key [--overlap-days N] [--lost]     make a new key that signs the log (30 days of both)

Stop the service before a command (with PostgreSQL: all replicas).`;

const overlapDaysMax = 3650;

/** What the command line asks for: a command, or null to run the service. */
export type Command = (config: Config, say: Say) => Promise<number> | number;

export class UsageError extends Error {}

/** Reads the command line. Throws a UsageError that says how it is to be. */
export function readCommand(args: readonly string[]): Command | null {
  const { values, positionals } = parsed(args);
  if (values.help === true) return help;
  const words = positionals.join(' ');
  if (words === '' && Object.keys(values).length === 0) return null;
  if (words === 'restore')
    return (config, say) => restore(config, values['acknowledge-gap'] === true, say);
  if (words === 'rotate-log-key')
    return values.lost === true ? replaceLostLogKey : rotation(values['overlap-days'] ?? '30');
  throw new UsageError(usage);
}

const help: Command = (_, say) => {
  say(usage);
  return 0;
};

function rotation(days: string): Command {
  if (!/^\d{1,4}$/.test(days) || Number(days) > overlapDaysMax)
    throw new UsageError(`--overlap-days takes a number from 0 to ${overlapDaysMax}.`);
  return (config, say) => rotateLogKey(config, Number(days), say);
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        'acknowledge-gap': { type: 'boolean' },
        'overlap-days': { type: 'string' },
        lost: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${usage}`);
  }
}
