import { createHash, createPublicKey, randomUUID, verify } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

import {
  enrol,
  type GuidPolicy,
  logConsistency,
  logKey,
  type Observation,
  type ObservationData,
  type ObservationType,
  observe,
  type Order,
  policies as policiesEndpoint,
  parseSignatureInput,
  type ProblemCode,
  problemMediaType,
  problemType,
  signatureBase,
  type SignatureParams,
} from '@vestige/contract';

import type { LogDouble } from './log-double.ts';

interface Reply {
  readonly status: number;
  /** JSON, or a plain text. */
  readonly body: object | string;
}

type Refusal = { status: number; code: ProblemCode; ackedThrough?: number };

/** For tests: a real HTTP server that keeps to the contract's agent endpoints, and misbehaves as it is told. */
export class ServiceDouble {
  /** What is in the log, by boot; the index is the seq. */
  readonly records = new Map<string, Observation[]>();
  /** Every request body as it came. */
  readonly bodies: string[] = [];
  readonly orders: Order[] = [];
  readonly keys = new Map<string, string>();
  readonly refusals: string[] = [];
  readonly token = 'double-token';
  /** Answers that get lost after the request was carried out. */
  loseAnswers = 0;
  /** What every request but an enrolment is answered with instead. */
  refuseWith: Refusal | null = null;
  /** Whose checkpoints and proofs are shown; without one there is no checkpoint. */
  log: LogDouble | null = null;
  /** The checkpoint that the next answers bring instead of the log's newest. */
  checkpoint: string | null = null;
  /** The join state that answers give; null where the service keeps none. */
  joinState: string | null = null;
  /** The join state that each batch showed. */
  readonly shown: (string | null)[] = [];
  /** The policies in force, and their version. */
  policies: { version: number; policies: GuidPolicy[] } = { version: -1, policies: [] };
  /** What the log's endpoints are answered with instead. */
  refuseLogWith: Refusal | null = null;
  /** The text of a proof that is no proof. */
  nonsense: string | null = null;
  /** What was asked of the log. */
  readonly logRequests: string[] = [];
  onLogRequest: () => void = () => {};
  /** By how much the service's clock is ahead of the machine's. */
  clockOffsetMilliseconds = 0;
  readonly #port: number;
  #server: Server | null = null;
  readonly #polls = new Set<() => void>();

  private constructor(port: number) {
    this.#port = port;
  }

  static async listen(): Promise<ServiceDouble> {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    const double = new ServiceDouble(port);
    await double.open();
    return double;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get guest(): string {
    return [...this.keys.keys()][0] ?? '';
  }

  async open(): Promise<void> {
    const server = createServer((request, response) => void this.#serve(request, response));
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#server = server;
  }

  /** Goes away without a word; what was recorded stays. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  all(): Observation[] {
    return [...this.records.values()].flat();
  }

  /** The filter proves what the compiler cannot see. */
  of<T extends ObservationType>(type: T): ObservationData<T>[] {
    const found = this.all().filter((observation) => observation.type === type);
    return found.map(({ data }) => data as ObservationData<T>);
  }

  give(order: Order): void {
    this.orders.push(order);
    for (const wake of this.#polls) wake();
  }

  givePolicies(version: number, policies: GuidPolicy[]): void {
    this.policies = { version, policies };
    for (const wake of this.#polls) wake();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request).catch(() => Buffer.alloc(0));
    this.bodies.push(body.toString('latin1'));
    const reply = await this.#answer(request, body).catch((error: unknown) => {
      this.refusals.push(String(error));
      return problem(400, 'invalid-request');
    });
    if (this.loseAnswers > 0) {
      this.loseAnswers -= 1;
      request.socket.destroy();
      return;
    }
    const isText = typeof reply.body === 'string';
    const media = isText ? 'text/plain; charset=utf-8' : 'application/json';
    response.writeHead(reply.status, {
      'content-type': reply.status < 400 ? media : problemMediaType,
      date: new Date(this.#now()).toUTCString(),
    });
    response.end(isText ? reply.body : JSON.stringify(reply.body));
  }

  #now(): number {
    return Date.now() + this.clockOffsetMilliseconds;
  }

  async #answer(request: IncomingMessage, body: Buffer): Promise<Reply> {
    const url = new URL(request.url ?? '/', this.url);
    if (url.pathname === enrol.path) return this.#enrol(request, body);
    const keyid = this.#verify(request, body, (id) => this.keys.get(id));
    if (typeof keyid !== 'string') return keyid;
    const { refuseWith } = this;
    if (refuseWith !== null)
      return problem(refuseWith.status, refuseWith.code, refuseWith.ackedThrough);
    if (url.pathname === observe.path) return this.#observe(body);
    if (url.pathname === policiesEndpoint.path) return this.#givePolicies(request, url);
    return url.pathname.startsWith('/v1/log/') ? this.#showLog(url) : this.#poll(request, url);
  }

  #showLog(url: URL): Reply {
    this.logRequests.push(`${url.pathname}${url.search}`);
    this.onLogRequest();
    const { log, refuseLogWith } = this;
    if (refuseLogWith !== null) return problem(refuseLogWith.status, refuseLogWith.code);
    if (log === null) return problem(404, 'not-found');
    if (url.pathname === logKey.path) return { status: 200, body: `${log.listed.join('\n')}\n` };
    const query = logConsistency.query.parse(Object.fromEntries(url.searchParams));
    if (query.from > query.to || query.to > log.size) return problem(404, 'not-found');
    return { status: 200, body: this.nonsense ?? log.proof(query.from, query.to) };
  }

  #enrol(request: IncomingMessage, body: Buffer): Reply {
    const keyid = this.#verify(request, body, (id) => id);
    if (typeof keyid !== 'string') return keyid;
    const { token, publicKey, name } = enrol.body.parse(JSON.parse(body.toString()));
    if (token !== this.token || publicKey !== keyid) return problem(403, 'token-unknown');
    const known = [...this.keys].find(([, key]) => key === publicKey)?.[0];
    const guest = known ?? randomUUID();
    this.keys.set(guest, publicKey);
    return { status: 201, body: { guest, name, labels: {} } };
  }

  /** The keyid of a request that is signed as the profile wants, or the refusal. */
  #verify(
    request: IncomingMessage,
    body: Buffer,
    keyOf: (keyid: string) => string | undefined,
  ): string | Reply {
    const params = parseSignatureInput(String(request.headers['signature-input']), body.length > 0);
    if (params === null) return problem(401, 'bad-signature');
    const key = keyOf(params.keyid);
    if (key === undefined) return problem(401, 'unknown-guest');
    if (!isSignedBy(key, params, request, body)) return problem(401, 'bad-signature');
    const skew = Math.abs(this.#now() / 1000 - params.created);
    return skew > 300 ? problem(401, 'clock-skew') : params.keyid;
  }

  #observe(body: Buffer): Reply {
    const said = observe.body.parse(JSON.parse(body.toString()));
    const { boot, firstSeq, observations, joinState = null } = said;
    this.shown.push(joinState);
    const log = this.records.get(boot) ?? [];
    if (firstSeq > log.length) return problem(409, 'sequence-gap', log.length - 1);
    for (const [index, observation] of observations.entries()) {
      const known = log[firstSeq + index];
      if (known === undefined) continue;
      if (JSON.stringify(known) !== JSON.stringify(observation))
        return problem(409, 'sequence-conflict', log.length - 1);
    }
    this.records.set(boot, [...log, ...observations.slice(log.length - firstSeq)]);
    const ackedThrough = (this.records.get(boot)?.length ?? 0) - 1;
    const checkpoint = this.#newestCheckpoint();
    return { status: 200, body: { ackedThrough, checkpoint, joinState: this.joinState } };
  }

  #newestCheckpoint(): string | null {
    const { log } = this;
    return this.checkpoint ?? (log === null || log.size === 0 ? null : log.checkpoint());
  }

  async #givePolicies(request: IncomingMessage, url: URL): Promise<Reply> {
    const after = Number(url.searchParams.get('after'));
    const isNews = (): boolean => this.policies.version > after;
    if (!isNews()) await this.#nextOrder(request, Number(url.searchParams.get('wait')));
    const { version, policies } = this.policies;
    return { status: 200, body: { version, policies: isNews() ? policies : null } };
  }

  async #poll(request: IncomingMessage, url: URL): Promise<Reply> {
    const after = Number(url.searchParams.get('after'));
    const find = (): Order[] => this.orders.filter(({ position }) => position > after);
    if (find().length === 0) await this.#nextOrder(request, Number(url.searchParams.get('wait')));
    const orders = find();
    return { status: 200, body: { orders, next: orders.at(-1)?.position ?? after } };
  }

  async #nextOrder(request: IncomingMessage, waitSeconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#polls.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, waitSeconds * 1000);
      this.#polls.add(wake);
      request.socket.once('close', wake);
    });
  }
}

/** RFC 9421 with node:crypto alone: rebuilds the base from what came over the wire. */
function isSignedBy(
  key: string,
  params: SignatureParams,
  { headers, method = '', url = '' }: IncomingMessage,
  body: Buffer,
): boolean {
  const contentDigest = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
  const covered = { contentDigest, contentType: String(headers['content-type']) };
  const [path = '', search] = url.split('?');
  const query = search === undefined ? '' : `?${search}`;
  const target = { method, authority: String(headers.host), path, query };
  const base = signatureBase(body.length > 0 ? { ...target, body: covered } : target, params);
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: key };
  const publicKey = createPublicKey({ format: 'jwk', key: jwk });
  const signature = /^sig1=:(.+):$/.exec(String(headers['signature']))?.[1] ?? '';
  return verify(null, Buffer.from(base), publicKey, Buffer.from(signature, 'base64'));
}

function problem(status: number, code: ProblemCode, ackedThrough?: number): Reply {
  const told = { type: problemType(code), title: code, status, detail: `told to: ${code}`, code };
  return { status, body: ackedThrough === undefined ? told : { ...told, ackedThrough } };
}
