import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';

import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimitPlugin from '@fastify/rate-limit';
import { ConsoleLogger, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { openLog, type Log } from '@vestige/events';

import { FirstCredentials } from './access/first-credentials.ts';
import { accessStore } from './access/store.ts';
import { AppModule } from './app.module.ts';
import type { Config } from './config.ts';
import { rateLimit } from './http/limits.ts';
import { ProblemFilter } from './http/problem.filter.ts';
import { createAdapter } from './http/server.ts';
import { EventLog } from './log/event-log.ts';
import { Lifecycle } from './log/lifecycle.ts';
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

/** Opens the log, waits until the views show all of it, and listens. */
export async function startService(config: Config, logger = jsonLogger()): Promise<Service> {
  const log = await openLog({ file: prepareDataDir(config.dataDir), ...accessStore });
  try {
    const app = await createApp(config, log, logger);
    const events = app.get(EventLog);
    await events.record('service.started', 'service', service, { version, demo: config.demo > 0 });
    const setUpLink = await app.get(FirstCredentials).prepare();
    await events.followers.reached((await events.store.size()) - 1);
    await app.listen(config.port, config.host);
    app.get(Expiry).start();
    app.get(Lifecycle).become('ready');
    return { url: addressOf(app), setUpLink, close: () => stop(app, log) };
  } catch (error) {
    await log.close();
    throw error;
  }
}

async function createApp(
  config: Config,
  log: Log,
  logger: LoggerService,
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.over(config, log),
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
async function stop(app: NestFastifyApplication, log: Log): Promise<void> {
  app.get(Lifecycle).become('stopping');
  await closeServer(app);
  try {
    await app.get(EventLog).record('service.stopped', 'service', service, {});
  } finally {
    await log.close();
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

/** Only the service's user may look: SQLite gives its side files the mode of the database file. */
function prepareDataDir(dataDir: string): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  chmodSync(dataDir, 0o700);
  const file = join(dataDir, 'vestige.db');
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
  return file;
}
