import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { problemType } from '@vestige/contract';
import { parseBundlePath, parseTilePath, tileWidth } from '@vestige/tlog';

import { archiveStream, type LogDouble, verifierKey } from './log-double.ts';

export const token = 'token-for-tests-0123456789';

interface Follower {
  name: string;
  kind: 'view' | 'reactor' | 'tree';
  position: number;
  failure: string | null;
  rebuilding: number | null;
  rebuildFailure: string | null;
}

/** The part of a service that speaks of its log, over real HTTP. What it answers can be altered. */
export class ServiceDouble {
  log: LogDouble;
  /** How many entries the checkpoint covers. */
  covered: number;
  keys = [verifierKey];
  followers: Follower[] = [];
  /** Paths that were asked for. */
  readonly asked: string[] = [];
  /** May alter the bytes of an answer, or say another status for it. */
  alter: (path: string, bytes: Uint8Array) => Uint8Array | number = (_, bytes) => bytes;
  /** Breaks an export off after so many bytes. */
  exportBytesMax = Infinity;
  readonly #server: Server;

  constructor(log: LogDouble, covered: number) {
    this.log = log;
    this.covered = covered;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://service');
    this.asked.push(url.pathname + url.search);
    if (request.headers.authorization !== `Bearer ${token}`) return refuse(response, 401);
    if (url.pathname === '/v1/log/export') return this.#export(url, response);
    const bytes = this.#bytes(url);
    if (bytes === null) return refuse(response, 404);
    const altered = this.alter(url.pathname, Buffer.from(bytes));
    if (typeof altered === 'number') return refuse(response, altered);
    response.writeHead(url.pathname.endsWith('/rebuild') ? 202 : 200);
    response.end(altered);
  }

  async #export(url: URL, response: ServerResponse): Promise<void> {
    const from = Number(url.searchParams.get('from'));
    let left = this.exportBytesMax;
    for await (const piece of archiveStream(this.log.files(from - (from % 256), this.covered))) {
      const altered = this.alter(url.pathname, piece);
      if (typeof altered === 'number') return refuse(response, altered);
      response.write(altered);
      left -= piece.length;
      if (left < 0) return void setImmediate(() => response.destroy());
    }
    response.end();
  }

  #bytes({ pathname, searchParams }: URL): Uint8Array | string | null {
    const rest = pathname.replace('/v1/log/', '');
    if (rest === 'checkpoint') return this.log.checkpoint(this.covered);
    if (rest === 'key') return this.keys.map((key) => `${key}\n`).join('');
    if (rest.startsWith('tile/')) return this.#tile(rest);
    if (rest.startsWith('entry/')) return this.log.entries[Number(rest.slice(6))] ?? null;
    if (rest.startsWith('proof/')) return this.#proof(Number(rest.slice(6)));
    return JSON.stringify(
      pathname === '/v1/events' ? this.#events(searchParams) : this.#follow(pathname),
    );
  }

  #tile(path: string): Uint8Array | null {
    if (path.startsWith('tile/entries/')) {
      const { n, width } = parseBundlePath(path);
      return width > tileWidth(0, n, this.covered) ? null : this.log.bundle(n, width);
    }
    const { level, n, width } = parseTilePath(path);
    return this.log.tile(level, n, width);
  }

  #proof(position: number): string | null {
    return position < this.covered ? this.log.proof(position, this.covered) : null;
  }

  #follow(pathname: string) {
    const name = /^\/v1\/followers\/([a-z-]+)\/rebuild$/.exec(pathname)?.[1];
    if (name !== undefined) return { name };
    return { size: this.log.entries.length, items: this.followers, next: null };
  }

  #events(query: URLSearchParams) {
    const limit = Number(query.get('limit') ?? 100);
    const type = query.get('type');
    const all = this.log.entries
      .map((entry, position) => ({ position, ...JSON.parse(Buffer.from(entry).toString()) }))
      .filter((event) => type === null || event.type === type)
      .map((event) => ({
        ...event,
        secret: null,
        wipe: null,
        actorName: 'web-1',
        guestName: 'web-1',
      }));
    const after = Number(query.get('after') ?? -1);
    const items =
      query.get('order') === 'desc'
        ? all.toReversed().slice(0, limit)
        : all.filter(({ position }) => position > after).slice(0, limit);
    const isMore = all.length > 0 && items.at(-1)?.position < all.at(-1).position;
    return { items, next: isMore && items.length > 0 ? String(items.at(-1).position) : null };
  }
}

function refuse(response: ServerResponse, status: number): void {
  const code = { 401: 'not-signed-in', 403: 'not-allowed', 404: 'not-found' }[status] ?? 'internal';
  response.writeHead(status, { 'content-type': 'application/problem+json' });
  response.end(
    JSON.stringify({
      type: problemType(code as 'internal'),
      title: code,
      status,
      detail: `The double refuses with ${status}.`,
      code,
    }),
  );
}
