import { Command, CommanderError } from 'commander';

import { addCompletion } from './completion.ts';
import { type ExitCode, exitCodeOf } from './exit-code.ts';
import { addTableCommands } from './table/table.ts';
import type { Terminal } from './terminal.ts';

/** Each group of commands adds itself to the program. */
const groups = [addTableCommands, addCompletion];

/** Runs one command line and gives the exit code that it ends with. */
export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const program = new Command('vestige')
    .description('Secrets of confidential VMs: what is there, who read it, and its wiping')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.warn(text.trimEnd()),
    });
  for (const add of groups) add(program, terminal);
  try {
    await program.parseAsync(args, { from: 'user' });
    return terminal.exitCode;
  } catch (error) {
    // Commander has already said what it has to say.
    if (!(error instanceof CommanderError)) terminal.warn(`vestige: ${messageOf(error)}`);
    return exitCodeOf(error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
