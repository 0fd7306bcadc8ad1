import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** Passes requests on to the API as they came, and its answers back as they come: an event stream is never held up. */
export function pipeToApi(api) {
  const sendRequest = api.protocol === 'https:' ? httpsRequest : httpRequest;
  return (incoming, outgoing) => {
    // Host goes along as well: agents sign it, and the API compares it with the Origin.
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
  };
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
