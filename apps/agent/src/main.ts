#!/usr/bin/env node
// The heap is set before what fills it is loaded.
import { AgentError, causeOf, exitCodes } from './agent-error.ts';
import { type Command, parseCommandLine, usage } from './command-line.ts';
import { doctor } from './commands/doctor.ts';
import { enrolHere } from './commands/enrol-command.ts';
import { wipeHere } from './commands/wipe-command.ts';
import { logToStderr } from './log.ts';
import { run } from './run.ts';
import { scan } from './scan.ts';
import { keepHeapSmall } from './small-heap.ts';
import { showStatus } from './status.ts';
import { version } from './version.ts';

async function execute(command: Command): Promise<number> {
  if (command.command === 'run') {
    keepHeapSmall();
    return run(command.options, logToStderr);
  }
  if (command.command === 'scan') return scan(command.sources, command.json);
  if (command.command === 'status') return showStatus(command.stateDir, command.json);
  if (command.command === 'doctor') return doctor(command.options);
  if (command.command === 'enrol') return enrolHere(command.options, logToStderr);
  if (command.command === 'wipe') return wipeHere(command.options);
  return print(command.command === 'help' ? usage : `${version}\n`);
}

async function print(text: string): Promise<number> {
  process.stdout.write(text);
  return exitCodes.fine;
}

try {
  process.exitCode = await execute(parseCommandLine(process.argv.slice(2)));
} catch (error) {
  logToStderr(error instanceof AgentError ? error.message : `stopped: ${causeOf(error)}`);
  process.exitCode = error instanceof AgentError ? error.exitCode : exitCodes.negative;
}
