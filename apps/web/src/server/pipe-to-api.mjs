import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

const unreachable = { status: 503, detail: 'The dashboard cannot reach the API. Is it running?' };

/** Passes requests on to the API as they came, and its answers back as they come: an event stream is never held up. */
export function pipeToApi(api, { silenceMs = 30_000, lingerMs = 2000 } = {}) {
  const sendRequest = api.protocol === 'https:' ? httpsRequest : httpRequest;
  return (incoming, outgoing) => {
    // Host goes along as well: agents sign it, and the API compares it with the Origin.
    const { method, url, headers } = incoming;
    const passed = sendRequest(new URL(url, api), { method, headers }, (answer) => {
      // An answer that has begun may take its time: a stream is silent for long.
      passed.setTimeout(0);
      passBack(answer, { incoming, passed, outgoing, lingerMs });
    });
    passed.on('socket', tellWriteErrorsLater);
    passed.setTimeout(silenceMs, () => {
      refuse(outgoing, {
        status: 504,
        detail: `The API did not answer within ${silenceMs / 1000} s. What was asked may still happen.`,
      });
      passed.destroy();
    });
    passed.on('error', () => {
      incoming.unpipe(passed);
      // Whether the answer came whole is told by the answer itself.
      if (!outgoing.headersSent) refuse(outgoing, unreachable);
      incoming.resume();
    });
    outgoing.on('close', () => passed.destroy());
    incoming.pipe(passed);
  };
}

function passBack(answer, { incoming, passed, outgoing, lingerMs }) {
  if (outgoing.headersSent) {
    answer.resume();
    return;
  }
  outgoing.writeHead(answer.statusCode, headersBack(answer.headers, incoming));
  outgoing.flushHeaders();
  answer.pipe(outgoing);
  answer.on('error', () => outgoing.destroy());
  answer.on('end', () => {
    incoming.unpipe(passed);
    if (!incoming.complete) takeInRest(incoming, lingerMs);
  });
}

/** Who is still sending would get a reset instead of the answer if the connection closed under their upload. */
function headersBack({ connection, ...headers }, incoming) {
  return incoming.complete && connection !== undefined ? { ...headers, connection } : headers;
}

function takeInRest(incoming, lingerMs) {
  incoming.resume();
  const timer = setTimeout(() => incoming.socket.destroy(), lingerMs);
  for (const end of ['end', 'close']) incoming.on(end, () => clearTimeout(timer));
}

const graceMs = 250;
const patient = new WeakSet();

/**
 * An API that refuses a body answers and closes while the body is still being written. A failed write would end the
 * socket with that answer unread, so the failure is told a moment later; reading goes on meanwhile.
 */
function tellWriteErrorsLater(socket) {
  if (patient.has(socket)) return;
  patient.add(socket);
  const { _write: write, _writev: writeMany } = socket;
  Object.assign(socket, {
    _write: (chunk, encoding, done) => write.call(socket, chunk, encoding, telling(done)),
    ...(writeMany && {
      _writev: (chunks, done) => writeMany.call(socket, chunks, telling(done)),
    }),
  });
}

function telling(done) {
  return (error) => {
    if (error) setTimeout(() => done(error), graceMs);
    else done();
  };
}

function refuse(outgoing, { status, detail }) {
  if (outgoing.headersSent) return outgoing.destroy();
  outgoing.writeHead(status, { 'content-type': 'application/problem+json', 'retry-after': '2' });
  return outgoing.end(
    JSON.stringify({
      type: 'urn:vestige:problem:not-ready',
      title: 'The service is not ready',
      status,
      detail,
      code: 'not-ready',
    }),
  );
}
