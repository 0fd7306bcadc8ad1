// One process, one origin: Next in production for the pages, and a plain pipe for /v1 so that server-sent events are not buffered.
import { createServer } from 'node:http';
import { argv, env, exit } from 'node:process';
import { fileURLToPath } from 'node:url';

import { pipeToApi } from './src/server/pipe-to-api.mjs';

env.NEXT_TELEMETRY_DISABLED = '1';
const dev = argv.includes('--dev');
env.NODE_ENV = dev ? 'development' : 'production';

const hostname = env.VESTIGE_HOST ?? '127.0.0.1';
const port = Number(env.VESTIGE_WEB_PORT ?? 3000);
const api = new URL(env.VESTIGE_API_URL ?? `http://127.0.0.1:${env.VESTIGE_API_PORT ?? 4000}`);

const { default: next } = await import('next');
const server = createServer();
const app = next({
  dev,
  dir: fileURLToPath(new URL('.', import.meta.url)),
  hostname,
  port,
  httpServer: server,
});
await app.prepare();
const showPage = app.getRequestHandler();
const passOn = pipeToApi(api);

server.on('request', (incoming, outgoing) => {
  if (/^\/v1(?:[/?]|$)/.test(incoming.url)) passOn(incoming, outgoing);
  else void showPage(incoming, outgoing);
});
server.listen(port, hostname, () => {
  console.log(`Dashboard on http://${hostname}:${server.address().port}, API at ${api.origin}`);
});
server.on('error', (error) => {
  console.error(`The dashboard cannot listen on ${hostname}:${port}: ${error.message}`);
  exit(1);
});

// Open streams never end by themselves, so waiting for them would keep the process for ever.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => exit(0));
