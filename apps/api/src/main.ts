import 'reflect-metadata';
import { ConfigError, readConfig, type Config } from './config.ts';
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

function stopOn(service: Service): void {
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => process.exit(1), stopMs).unref();
    service.close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ failed: 'stop', because: error instanceof Error ? error.name : 'unknown' });
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

const config = configOrExit();
process.umask(0o077);
const service = await startService(config, logger);
announce(service);
stopOn(service);
