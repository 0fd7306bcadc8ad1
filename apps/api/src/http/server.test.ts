import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';

import { expect, it } from 'vitest';

import { createAdapter } from './server.ts';

it('ends a request whose body trickles in soon after its time is over', async () => {
  const timeoutMs = 600;
  const adapter = createAdapter(timeoutMs);
  const fastify = adapter.getInstance();
  fastify.post('/', () => 'read');
  await fastify.listen({ port: 0, host: '127.0.0.1' });
  const { port } = fastify.server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  const startedAt = Date.now();
  socket.write(
    'POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{',
  );
  const trickle = setInterval(() => socket.write(' '), 50);
  socket.on('error', () => {});
  const [answer] = (await once(socket, 'data')) as [Buffer];
  clearInterval(trickle);
  expect(answer.toString()).toContain('The request took too long to arrive.');
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(timeoutMs - 50);
  await fastify.close();
});
