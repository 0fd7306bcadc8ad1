import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, it } from 'vitest';

import { createClient, pathOf, ProblemError, UnreachableError } from './client.ts';
import { getGuest, listGuests } from './guests.ts';
import { logCheckpoint, logEntry, logTile } from './log.ts';
import { healthz } from './operations.ts';
import { listSecrets } from './secrets.ts';

let server: Server | undefined;
afterEach(() => server?.close());

async function serving(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the client', () => {
  it('fills in path parameters and leaves out queries that are not set', () => {
    const id = '11111111-2222-3333-4444-555555555555';
    expect(pathOf(getGuest, { params: { id } })).toBe(`/v1/guests/${id}`);
    expect(pathOf(listSecrets, { query: { state: 'present', q: undefined } })).toBe(
      '/v1/secrets?state=present',
    );
  });

  it('keeps the slashes of a path in a path', () => {
    expect(pathOf(logTile, { params: { path: 'entries/x001/067.p/3' } })).toBe(
      '/v1/log/tile/entries/x001/067.p/3',
    );
  });

  it('gives texts and bytes as they came', async () => {
    const baseUrl = await serving((_, response) => response.end('{"a":1}\n'));
    const client = createClient({ baseUrl });
    expect(await client(logCheckpoint, {})).toBe('{"a":1}\n');
    const bytes = await client(logEntry, { params: { position: 0 } });
    expect(Buffer.from(bytes).toString()).toBe('{"a":1}\n');
  });

  it('gives the parsed answer', async () => {
    const baseUrl = await serving((_, response) => response.end('{"status":"alive","more":1}'));
    expect(await createClient({ baseUrl })(healthz, {})).toEqual({ status: 'alive' });
  });

  it('throws the problem that the service states', async () => {
    const problem = {
      type: 'urn:vestige:problem:not-found',
      title: 'Not found',
      status: 404,
      detail: 'No.',
      code: 'not-found',
    };
    const baseUrl = await serving((_, response) =>
      response
        .writeHead(404, { 'content-type': 'application/problem+json' })
        .end(JSON.stringify(problem)),
    );
    const call = createClient({ baseUrl })(listGuests, {});
    await expect(call).rejects.toThrow(ProblemError);
    await expect(call).rejects.toMatchObject({ problem });
  });

  it.each([
    ['nobody listens', undefined],
    [
      'an error comes without a problem document',
      (...[, response]) => response.writeHead(502).end('<h1>'),
    ],
    ['the answer has another shape', (...[, response]) => response.end('{"status":"dead"}')],
    ['the answer is no JSON', (...[, response]) => response.end('<h1>')],
    [
      'it is sent elsewhere',
      (...[, response]) => response.writeHead(302, { location: '/x' }).end(),
    ],
  ] satisfies [string, RequestListener | undefined][])('says so when %s', async (_, listener) => {
    const baseUrl = listener === undefined ? 'http://127.0.0.1:1' : await serving(listener);
    await expect(createClient({ baseUrl })(healthz, {})).rejects.toThrow(UnreachableError);
  });
});
