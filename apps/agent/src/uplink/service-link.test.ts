import { generateKeyPairSync } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { orders, UnreachableError } from '@vestige/contract';
import { afterEach, describe, expect, it } from 'vitest';

import { ServiceClock } from './service-clock.ts';
import { ServiceLink } from './service-link.ts';

const { privateKey } = generateKeyPairSync('ed25519');
const mebibyte = 2 ** 20;

let server: Server;

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function ask(answer: RequestListener): Promise<unknown> {
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const key = { keyid: 'testling', privateKey };
  const link = new ServiceLink(`http://127.0.0.1:${port}`, () => key, new ServiceClock());
  return link.call(orders, { query: { after: -1, wait: 0 } });
}

describe('the link to a service that is none', () => {
  it('reads no more than a bound of an answer that does not end', async () => {
    let sent = 0;
    const asked = ask((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const send = (): void => {
        while (response.write(Buffer.alloc(mebibyte, ' '))) sent += 1;
        sent += 1;
      };
      response.on('drain', send);
      send();
    });
    await expect(asked).rejects.toThrow(UnreachableError);
    expect(sent).toBeLessThan(64);
  });

  it.each([
    ['garbage', 200, {}, '<html>'],
    ['JSON of another shape', 200, {}, '{"orders":7}'],
    ['a malformed order', 200, {}, '{"orders":[{"order":"../x"}],"next":1}'],
    ['a redirect', 302, { location: 'http://192.0.2.1/' }, ''],
    ['an error that is no problem document', 500, {}, 'Traceback'],
  ])('takes %s for no answer', async (_, status, headers, body) => {
    const asked = ask((__, response) => response.writeHead(status, headers).end(body));
    await expect(asked).rejects.toThrow(UnreachableError);
  });
});
