import { EventEmitter, once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  request,
  type RequestListener,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

import { Problem } from '@vestige/contract';
import { afterEach, describe, expect, it } from 'vitest';

import { pipeToApi } from './pipe-to-api.mjs';

const servers: Server[] = [];

async function serve(listener: RequestListener): Promise<URL> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('pipeToApi', () => {
  it('passes method, path, host, cookie and body on, and status and headers back', async () => {
    const api = await serve((incoming, outgoing) => {
      const { method, url, headers } = incoming;
      outgoing.writeHead(201, { 'set-cookie': 'a=1', 'content-type': 'application/json' });
      incoming.on('data', (body: Buffer) =>
        outgoing.end(
          JSON.stringify({
            method,
            url,
            host: headers.host,
            cookie: headers.cookie,
            body: body.toString(),
          }),
        ),
      );
    });
    const web = await serve(pipeToApi(api));
    const answer = await fetch(new URL('/v1/session?a=b', web), {
      method: 'POST',
      headers: { cookie: 's=1' },
      body: 'name',
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('set-cookie')).toBe('a=1');
    expect(await answer.json()).toEqual({
      method: 'POST',
      url: '/v1/session?a=b',
      host: web.host,
      cookie: 's=1',
      body: 'name',
    });
  });

  it('hands an event over while the stream is still open', async () => {
    const api = await serve((_, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
      outgoing.write('id: 7\n\n');
    });
    const web = await serve(pipeToApi(api));
    const { body } = await fetch(new URL('/v1/feed', web));
    const first = await body?.getReader().read();
    expect(new TextDecoder().decode(first?.value as Uint8Array)).toBe('id: 7\n\n');
  });

  it('ends the request to the API when the browser goes away', async () => {
    const left = new EventEmitter();
    const api = await serve((_, outgoing) => {
      outgoing.writeHead(200);
      outgoing.write('x');
      outgoing.on('close', () => left.emit('left'));
    });
    const ended = once(left, 'left');
    const web = await serve(pipeToApi(api));
    const leave = new AbortController();
    await fetch(new URL('/v1/feed', web), { signal: leave.signal });
    leave.abort();
    await expect(ended).resolves.toEqual([]);
  });

  it('answers with a problem document while the API is away', async () => {
    const web = await serve(pipeToApi(new URL('http://127.0.0.1:1')));
    const answer = await fetch(new URL('/v1/overview', web));
    expect(answer.status).toBe(503);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(Problem.parse(await answer.json()).code).toBe('not-ready');
  });

  it('says that the API does not answer where it is frozen, and leaves begun answers alone', async () => {
    const api = await serve((incoming, outgoing) => {
      if (incoming.url === '/v1/feed') outgoing.writeHead(200).flushHeaders();
    });
    const web = await serve(pipeToApi(api, { silenceMs: 50 }));
    const feed = await fetch(new URL('/v1/feed', web));
    const frozen = await fetch(new URL('/v1/overview', web));
    expect(frozen.status).toBe(504);
    expect(Problem.parse(await frozen.json()).detail).toContain('did not answer');
    const next = feed.body?.getReader().read();
    await expect(Promise.race([next, Promise.resolve('still open')])).resolves.toBe('still open');
  });

  it.each([1, 2, 3, 4, 5])(
    'passes on the refusal of a body that is still being sent, try %i',
    async () => {
      const api = await serve((incoming, outgoing) => {
        incoming.once('data', () => {
          outgoing.writeHead(413, { connection: 'close', 'content-length': 9 });
          outgoing.end('too large', () => incoming.socket.destroy());
        });
      });
      const web = await serve(pipeToApi(api));
      const sending = request(new URL('/v1/agent/observations', web), { method: 'POST' });
      sending.on('error', () => undefined);
      const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
      Readable.from(megabytes(50)).pipe(sending);
      const [answer] = await answered;
      expect(answer.statusCode).toBe(413);
      expect(await text(answer)).toBe('too large');
    },
  );
});

function* megabytes(count: number) {
  for (let sent = 0; sent < count; sent += 1) yield Buffer.alloc(1024 * 1024);
}
