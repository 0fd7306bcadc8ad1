// One process, one origin: Next in production for the pages, and a plain pipe for /v1 so that server-sent events are not buffered.
import { createServer, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { argv, env, exit } from 'node:process';
import { fileURLToPath } from 'node:url';

env.NEXT_TELEMETRY_DISABLED = '1';
const dev = argv.includes('--dev');
env.NODE_ENV = dev ? 'development' : 'production';

const hostname = env.VESTIGE_HOST ?? '127.0.0.1';
const port = Number(env.VESTIGE_WEB_PORT ?? 3000);
const api = new URL(env.VESTIGE_API_URL ?? `http://127.0.0.1:${env.VESTIGE_API_PORT ?? 4000}`);
const sendRequest = api.protocol === 'https:' ? httpsRequest : httpRequest;

/** The request goes on as it came, Host included: agents sign it, and the API compares it with the Origin. */
function pipeToApi(incoming, outgoing) {
  const { method, url, headers } = incoming;
  const passed = sendRequest(new URL(url, api), { method, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode, answer.headers);
    outgoing.flushHeaders();
    answer.pipe(outgoing);
    answer.on('error', () => outgoing.destroy());
  });
  passed.on('error', () => refuse(outgoing));
  outgoing.on('close', () => passed.destroy());
  incoming.pipe(passed);
}

function refuse(outgoing) {
  if (outgoing.headersSent) return outgoing.destroy();
  outgoing.writeHead(503, { 'content-type': 'application/problem+json', 'retry-after': '2' });
  return outgoing.end(
    JSON.stringify({
      type: 'urn:vestige:problem:not-ready',
      title: 'The service is not ready',
      status: 503,
      detail: 'The dashboard cannot reach the API. Is it running?',
      code: 'not-ready',
    }),
  );
}

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

server.on('request', (incoming, outgoing) => {
  if (/^\/v1(?:[/?]|$)/.test(incoming.url)) pipeToApi(incoming, outgoing);
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
