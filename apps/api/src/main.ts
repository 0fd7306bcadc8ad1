import 'reflect-metadata';
import { readCommand, UsageError, type Command } from './commands/command-line.ts';
import { ConfigError, readConfig, type Config } from './config.ts';
import { framesOf } from './frames.ts';
import { jsonLogger, startService, type Service } from './service.ts';

/** After this a stop is forced: what was acknowledged is durable at any moment. */
const stopMs = 9000;

const logger = jsonLogger();

function configOrExit(): Config {
  try {
    return readConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) process.stderr.write(`${problem}\n`);
    return process.exit(2);
  }
}

function commandOrExit(): Command | null {
  try {
    return readCommand(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(2);
  }
}

/** A command speaks to a person; what went wrong is told in a sentence. */
async function runCommand(run: Command, settings: Config): Promise<number> {
  // `... | head` must not stop what has begun.
  process.stdout.on('error', () => {});
  try {
    return await run(settings, (line) => process.stdout.write(`${line}\n`));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

function announce({ url, setUpLink }: Service): void {
  process.stdout.write(`${JSON.stringify({ event: 'listening', url })}\n`);
  if (setUpLink !== null)
    process.stdout.write(`Make the first account (once, within 30 minutes): ${setUpLink}\n`);
}

/** A signal that comes while the service is still starting stops it as soon as it has. */
function stopOnSignal(starting: Promise<Service>): void {
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => process.exit(1), stopMs).unref();
    starting.then((service) => service.close()).then(() => process.exit(0), fail);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** The reason in one line: an error of the start holds paths and codes, never what a caller sent. */
function fail(error: unknown): never {
  logger.error({ failed: error instanceof Error ? `${error.name}: ${error.message}` : 'unknown' });
  return process.exit(1);
}

/** A mistake of ours: what it happened with is not told, where it happened is. Nothing acknowledged depends on going on. */
function crash(error: unknown): never {
  const frames = error instanceof Error ? framesOf(error) : [];
  logger.fatal?.({ failed: error instanceof Error ? error.name : 'unknown', frames });
  return process.exit(1);
}

process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);
// Where nothing is left to be done, but what was begun has not ended, it never will.
process.on('beforeExit', () => process.exit(process.exitCode ?? 1));
const command = commandOrExit();
const config = configOrExit();
process.umask(0o077);
if (command === null) {
  const starting = startService(config, logger);
  stopOnSignal(starting);
  starting.then(announce, fail);
} else process.exitCode = await runCommand(command, config);
