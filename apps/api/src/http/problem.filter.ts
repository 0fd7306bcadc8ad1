import { Catch, HttpException, Logger, type ArgumentsHost } from '@nestjs/common';
import { problemMediaType, type ProblemCode } from '@vestige/contract';
import {
  EventsError,
  Refusal as Refused,
  storageError,
  type EventsErrorCode,
} from '@vestige/events';
import type { FastifyReply } from 'fastify';

import { framesOf } from '../frames.ts';
import { problemOf, Refusal } from '../problem.ts';

/** What a decision refuses. */
const decided: Record<Refused['code'], ProblemCode> = {
  'wipe-exists': 'already-final',
  'wipe-unknown': 'not-found',
  'wipe-without-targets': 'nothing-to-wipe',
  'wipe-too-late': 'deadline-passed',
  'wipe-completed': 'already-final',
  'wipe-delivered': 'already-delivered',
  'guid-undeclared': 'not-found',
};

/** What of the log's errors is the caller's matter; the others are ours. */
const blamed: Partial<Record<EventsErrorCode, ProblemCode>> = {
  'entry-too-large': 'too-large',
  'not-canonical': 'invalid-request',
  'bad-cursor': 'invalid-request',
  'stream-contended': 'not-ready',
  'follower-failed': 'not-ready',
  unavailable: 'not-ready',
  'storage-full': 'storage-full',
  'log-damaged': 'log-damaged',
  closed: 'not-ready',
};

const logger = new Logger('Problem');

/** Turns whatever was thrown into a problem document; the only place that does. */
@Catch()
export class ProblemFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (reply.raw.headersSent) {
      logFailure(error);
      reply.raw.destroy();
      return;
    }
    sendProblem(reply, refusalOf(error));
  }
}

/** Answers with the problem document of a refusal. */
export function sendProblem(reply: FastifyReply, refusal: Refusal): void {
  const problem = problemOf(refusal);
  const { retryAfterSeconds } = refusal.extras;
  if (retryAfterSeconds !== undefined) void reply.header('retry-after', String(retryAfterSeconds));
  // As bytes, to which Fastify adds no charset: the media type has none (RFC 9457 section 6.1).
  const body = Buffer.from(JSON.stringify(problem));
  void reply.status(problem.status).type(problemMediaType).send(body);
}

/** What the caller is told: a refusal as it is, a framework's complaint by its kind, anything else nothing. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof Refused) return new Refusal(decided[error.code], error.message);
  const failed = storageError(driverErrorOf(error));
  const code = failed instanceof EventsError ? blamed[failed.code] : undefined;
  if (code !== undefined) return new Refusal(code, (failed as EventsError).message);
  const complaint = complaintOf(statusOf(error), error);
  if (complaint !== null) return complaint;
  logFailure(error);
  return new Refusal('internal', 'Something went wrong. The log of the service says where.');
}

/** TypeORM wraps what the database said. */
function driverErrorOf(error: unknown): unknown {
  return error instanceof Error && 'driverError' in error ? error.driverError : error;
}

function complaintOf(status: number | null, error: unknown): Refusal | null {
  if (status === null || status < 400 || status >= 500) return null;
  if (status === 413) return new Refusal('too-large', 'A request body may have 1 MiB at most.');
  if (status === 404) return new Refusal('not-found', 'There is nothing at this address.');
  if (status === 415)
    return new Refusal(
      'invalid-request',
      'A body must be sent with content-type application/json.',
    );
  const isAddress = status === 414 || (error as { code?: unknown }).code === 'FST_ERR_BAD_URL';
  return new Refusal(
    'invalid-request',
    isAddress
      ? 'The address cannot be read, or a part of it is too long.'
      : 'The request cannot be read. Is its body valid JSON?',
  );
}

function statusOf(error: unknown): number | null {
  if (error instanceof HttpException) return error.getStatus();
  if (!(error instanceof Error) || !('code' in error) || !('statusCode' in error)) return null;
  // Fastify's own errors carry codes that start so; a status on any other error means nothing here.
  return String(error.code).startsWith('FST_') ? Number(error.statusCode) : null;
}

/** Where it happened and of what kind: the message may quote what the caller sent. */
function logFailure(error: unknown): void {
  const isError = error instanceof Error;
  logger.error({
    failed: isError ? error.name : typeof error,
    frames: isError ? framesOf(error) : [],
  });
}
