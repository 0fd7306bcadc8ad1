import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

import { FastifyAdapter } from '@nestjs/platform-fastify';
import { bodyBytesMax, problemMediaType } from '@vestige/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { problemOf, Refusal } from '../problem.ts';
import { refusalOf, sendProblem } from './problem.filter.ts';

/** A request that trickles in for longer than this comes from no agent of ours. */
const arrivalMs = 30_000;

/** Fastify with the limits that hold for every request, whoever sends it. */
export function createAdapter(requestTimeout = arrivalMs): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: bodyBytesMax,
    requestTimeout,
    // Node takes the larger of its two limits for the whole request, and looks only every 30 s if not told otherwise.
    http: {
      requestTimeout,
      headersTimeout: requestTimeout,
      connectionsCheckingInterval: requestTimeout / 15,
    },
    keepAliveTimeout: 65_000,
    trustProxy: false,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    // A request that came in while the service stops is still answered, and with a problem document if at all.
    return503OnClosing: false,
    frameworkErrors: (error: Error, _request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(reply, refusalOf(error)),
    clientErrorHandler: refuseUnread,
  });
  acceptJsonOnly(adapter.getInstance());
  return adapter;
}

const unread: Record<string, Refusal> = {
  HPE_HEADER_OVERFLOW: new Refusal('too-large', 'Address and headers may have 16 KiB at most.'),
  ERR_HTTP_REQUEST_TIMEOUT: new Refusal('invalid-request', 'The request took too long to arrive.'),
};
const nonsense = new Refusal('invalid-request', 'This is no HTTP request.');

/** What cannot be read never becomes a request; it gets a problem document all the same. */
function refuseUnread(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable) return;
  const problem = problemOf(unread[error.code ?? ''] ?? nonsense);
  const body = JSON.stringify(problem);
  socket.write(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\ncontent-type: ${problemMediaType}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
  // Its own end alone would leave the connection to whoever never ends his.
  socket.destroySoon();
}

/** Keeps the bytes of each body, as signatures cover those and not what they parse to. */
function acceptJsonOnly(server: FastifyInstance): void {
  server.decorateRequest('rawBody', null);
  server.decorateRequest('by', null);
  server.decorateRequest('input', null);
  server.removeAllContentTypeParsers();
  const parse = server.getDefaultJsonParser('error', 'error');
  server.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    (request, body: Buffer, done) => {
      request.rawBody = body;
      const text = decodeUtf8(body);
      if (text === null) done(new Refusal('invalid-request', 'A body must be valid UTF-8.'));
      else void parse(request, text, done);
    },
  );
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** RFC 8259 8.1: JSON between systems is UTF-8. Replacing bad bytes would store something that nobody sent. */
function decodeUtf8(body: Buffer): string | null {
  try {
    return utf8.decode(body);
  } catch {
    return null;
  }
}
