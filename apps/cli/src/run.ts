import { Command, CommanderError } from 'commander';

import { addCompletion } from './completion.ts';
import { errorCodeOf, type ExitCode, exitCodeOf, isRefuted } from './exit-code.ts';
import { addLogCommands } from './log/log.ts';
import { plainText } from './plain-text.ts';
import { addTableCommands } from './table/table.ts';
import type { Terminal } from './terminal.ts';

/** Each group of commands adds itself to the program. */
const groups = [addTableCommands, addLogCommands, addCompletion];

/** Runs one command line and gives the exit code that it ends with. */
export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const isJson = args.includes('--json');
  const program = new Command('vestige')
    .description('Secrets of confidential VMs: what is there, who read it, and its wiping')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => {
        // A program that reads JSON gets one object, and no usage in words beside it.
        if (!isJson) terminal.warn(text.trimEnd());
      },
    });
  for (const add of groups) add(program, terminal);
  try {
    await program.parseAsync(args, { from: 'user' });
    return terminal.exitCode;
  } catch (error) {
    const exitCode = exitCodeOf(error);
    if (exitCode !== 0) tell(error, isJson, terminal);
    return exitCode;
  }
}

function tell(error: unknown, isJson: boolean, terminal: Terminal): void {
  if (isJson) {
    const said = { code: errorCodeOf(error), message: messageOf(error) };
    terminal.warn(JSON.stringify({ error: said }));
    return;
  }
  // Commander has already said what it has to say.
  if (error instanceof CommanderError) return;
  const lines = messageOf(error).split('\n').map(plainText);
  terminal.warn(`vestige: ${lines.join('\n')}`);
}

function messageOf(error: unknown): string {
  if (error instanceof CommanderError) return commanderMessage(error);
  const message = error instanceof Error ? error.message : String(error);
  return isRefuted(error) ? `not verified: ${message}` : message;
}

function commanderMessage({ code, message }: CommanderError): string {
  return code === 'commander.help'
    ? 'this is a group of commands; --help lists them'
    : message.replace(/^error: /, '');
}
