import 'reflect-metadata';
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
const config = configOrExit();
process.umask(0o077);
const starting = startService(config, logger);
stopOnSignal(starting);
starting.then(announce, fail);
