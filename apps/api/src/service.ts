import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimitPlugin from '@fastify/rate-limit';
import { ConsoleLogger, Logger, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { FirstCredentials } from './access/first-credentials.ts';
import { AppModule } from './app.module.ts';
import type { Config } from './config.ts';
import { rateLimit } from './http/limits.ts';
import { ProblemFilter } from './http/problem.filter.ts';
import { createAdapter } from './http/server.ts';
import { EventLog } from './log/event-log.ts';
import { Lifecycle } from './log/lifecycle.ts';
import { openGuardedLog, type GuardedLog } from './log/open-guarded-log.ts';
import { SharedContacts } from './log/shared-contacts.ts';
import { Expiry } from './project/expiry.ts';
import { version } from './version.ts';

/** How long open requests may take to end when the service stops. */
const answersMs = 5000;

const service = { kind: 'service' } as const;

/** The running service. */
export interface Service {
  readonly url: string;
  /** The one-time link for the first person; null where a person exists. */
  readonly setUpLink: string | null;
  close(): Promise<void>;
}

/** One line of JSON an entry, without colours. */
export function jsonLogger(): LoggerService {
  return new ConsoleLogger({ json: true, colors: false, logLevels: ['warn', 'error', 'fatal'] });
}

/**
 * Opens the log, waits until the views show all of it, and listens. With a log that is not the one that was signed it listens,
 * too: it answers what it can, says what is wrong, and takes nothing in.
 */
export async function startService(config: Config, logger = jsonLogger()): Promise<Service> {
  const guarded = await openGuardedLog(config);
  try {
    const app = await createApp(config, guarded, logger);
    const setUpLink = guarded.guard.isSound ? await begin(app, config) : null;
    if (!guarded.guard.isSound) void guarded.sound.then(() => begin(app, config)).catch(report);
    await app.listen(config.port, config.host);
    if (guarded.guard.trouble !== null)
      logger.error({ failed: 'log', because: guarded.guard.trouble });
    app.get(Expiry).start();
    app.get(SharedContacts).start();
    app.get(Lifecycle).become('ready');
    return { url: addressOf(app), setUpLink, close: () => stop(app, guarded) };
  } catch (error) {
    await guarded.close();
    throw error;
  }
}

function report(error: unknown): void {
  new Logger('Service').error({
    failed: 'begin',
    because: error instanceof Error ? error.name : '',
  });
}

/** The first words of a start. */
async function begin(app: NestFastifyApplication, { demo }: Config): Promise<string | null> {
  const events = app.get(EventLog);
  await events.record('service.started', 'service', service, { version, demo: demo > 0 });
  const setUpLink = await app.get(FirstCredentials).prepare();
  await events.followers.reached((await events.store.size()) - 1);
  return setUpLink;
}

async function createApp(
  config: Config,
  { log, guard }: GuardedLog,
  logger: LoggerService,
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.over(config, log, guard),
    createAdapter(),
    { logger, bodyParser: false, abortOnError: false },
  );
  app.useGlobalFilters(new ProblemFilter());
  await app.register(helmet, { contentSecurityPolicy: { directives: { defaultSrc: ["'none'"] } } });
  await app.register(cookie);
  await app.register(rateLimitPlugin, rateLimit);
  // What is answered here is about one caller at one moment.
  app
    .getHttpAdapter()
    .getInstance()
    .addHook(
      'onRequest',
      async (_request, reply) => void reply.header('cache-control', 'no-store'),
    );
  return app;
}

/** Ends in this order: say so, let streams and polls go, take no more, write the last word, close the log. */
async function stop(app: NestFastifyApplication, { guard, close }: GuardedLog): Promise<void> {
  app.get(Lifecycle).become('stopping');
  await closeServer(app);
  try {
    if (guard.isSound) await app.get(EventLog).record('service.stopped', 'service', service, {});
  } finally {
    await close();
  }
}

/** A connection goes when its answer is out; whoever does not take his answer is cut off. */
async function closeServer(app: NestFastifyApplication): Promise<void> {
  const server = app.getHttpServer();
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const force = setTimeout(() => server.closeAllConnections(), answersMs);
  try {
    await app.close();
  } finally {
    clearInterval(sweep);
    clearTimeout(force);
  }
}

function addressOf(app: NestFastifyApplication): string {
  const address = app.getHttpServer().address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
