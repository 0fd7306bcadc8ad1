import { endpoints, ProblemError } from '@vestige/contract';
import {
  archiveMembers,
  archivePath,
  bundlePath,
  decodeBundle,
  leafHash,
  loadTiles,
  noteVerifier,
  openCheckpoint,
  rootFromTiles,
  edgeTiles,
  tilePath,
  tileWidth,
  verifyConsistency,
  verifyEntries,
  verifyProof,
  type Checkpoint,
} from '@vestige/tlog';
import { extract } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { send } from '../testing/send.ts';
import { opening, readOf, type TestAgent } from '../testing/test-agent.ts';
import { adminToken, startApi, type TestApi } from '../testing/test-api.ts';

const guid = '736870e5-84f0-4973-92ec-06879ce3da0b';

let api: TestApi;
let agent: TestAgent;
beforeAll(async () => {
  api = await startApi();
  agent = await api.agent();
  await agent.observe(0, opening());
  await agent.observe(
    3,
    Array.from({ length: 700 }, (_, index) => readOf(guid, index)),
  );
});
afterAll(() => api.close());

const keys = async () => {
  const lines = (await api.api(endpoints.logKey, {})).trimEnd().split('\n');
  return lines.map((line) => noteVerifier(line));
};

async function checkpoint(): Promise<Checkpoint> {
  const known = await keys();
  return openCheckpoint(await api.api(endpoints.logCheckpoint, {}), known[0]!.name, known);
}

/** The checkpoint once it covers the whole log. */
async function covered(): Promise<Checkpoint> {
  const { size } = await api.api(endpoints.listFollowers, {});
  await expect.poll(async () => (await checkpoint()).size, { timeout: 10_000 }).toBe(size);
  return checkpoint();
}

const tile = (path: string) =>
  api.api(endpoints.logTile, { params: { path: path.slice('tile/'.length) } });

async function entries(size: number): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for (let n = 0; tileWidth(0, n, size) > 0; n++) {
    const width = tileWidth(0, n, size);
    all.push(...decodeBundle(await tile(bundlePath({ n, width })), width));
  }
  return all;
}

const codeOf = async (call: Promise<unknown>) => {
  const error = await call.catch((thrown: unknown) => thrown);
  return error instanceof ProblemError ? error.problem.code : 'answered';
};

const raw = (path: string) =>
  fetch(`${api.url}${path}`, { headers: { authorization: `Bearer ${adminToken}` } });

/** Content type and cache control of an answer. */
async function types(path: string) {
  const { headers } = await raw(`/v1/log/${path}`);
  return [headers.get('content-type'), headers.get('cache-control')];
}

describe('the log over HTTP', () => {
  it('is what its checkpoint says, entry by entry', async () => {
    const head = await covered();
    const all = await entries(head.size);
    verifyEntries(all, head);
    expect(all.length).toBeGreaterThan(700);
    const { items } = await api.api(endpoints.listEvents, { query: { limit: 5 } });
    const ids = all.slice(0, 5).map((entry) => JSON.parse(Buffer.from(entry).toString()).id);
    expect(ids).toEqual(items.map(({ id }) => id));
    const one = await api.api(endpoints.logEntry, { params: { position: 3 } });
    expect(Buffer.from(one)).toEqual(Buffer.from(all[3]!));
  });

  it('has tiles that lead to the same root', async () => {
    const head = await covered();
    const read = await loadTiles(edgeTiles(head.size), (wanted) => tile(tilePath(wanted)));
    expect(Buffer.from(rootFromTiles(head.size, read))).toEqual(Buffer.from(head.root));
    const width = 256;
    const hashes = await tile(tilePath({ level: 0, n: 0, width }));
    const [first] = decodeBundle(await tile(bundlePath({ n: 0, width })), width);
    expect(Buffer.from(hashes.subarray(0, 32))).toEqual(Buffer.from(leafHash(first!)));
  });

  it('proves every entry that a checkpoint covers, and says which are not covered', async () => {
    const { size } = await covered();
    const known = await keys();
    const log = { origin: known[0]!.name, keys: known };
    for (const position of [0, 1, 255, 256, 511, size - 1]) {
      const proof = await api.api(endpoints.logProof, { params: { position } });
      const entry = await api.api(endpoints.logEntry, { params: { position } });
      expect(verifyProof(proof, entry, log).size).toBeGreaterThan(position);
    }
    const beyond = api.api(endpoints.logProof, { params: { position: size + 1000 } });
    await expect(beyond).rejects.toThrow(/covers the positions before \d+/);
  });

  it('proves that it begins with what it was', async () => {
    const head = await covered();
    const read = await loadTiles(edgeTiles(300), (wanted) => tile(tilePath(wanted)));
    const older = { size: 300, root: rootFromTiles(300, read) };
    const query = { from: 300, to: head.size };
    const lines = (await api.api(endpoints.logConsistency, { query })).trimEnd().split('\n');
    const proof = lines.map((line) => Buffer.from(line, 'base64'));
    verifyConsistency(proof, older, head);
    const same = { from: head.size, to: head.size };
    expect(await api.api(endpoints.logConsistency, { query: same })).toBe('');
  });

  it('refuses what is no size, no tile, or beyond its end', async () => {
    const { size } = await covered();
    const consistency = (from: number, to: number) =>
      codeOf(api.api(endpoints.logConsistency, { query: { from, to } }));
    expect(await consistency(0, size)).toBe('invalid-request');
    expect(await consistency(5, 4)).toBe('invalid-request');
    expect(await consistency(1, size + 1000)).toBe('not-found');
    for (const path of [
      '0/000.p/256',
      '0/0',
      '0/x000/000',
      '64/000',
      '0/999',
      'entries/999',
      '9/000.p/1',
    ])
      expect([path, await codeOf(tile(`tile/${path}`))]).toEqual([path, 'not-found']);
    for (const path of ['a/000', '0/../000', '0/000?x=1', `0/${'x001/'.repeat(20)}000`])
      expect([path, (await raw(`/v1/log/tile/${path}`)).status]).toEqual([path, 400]);
    expect(await codeOf(api.api(endpoints.logEntry, { params: { position: size + 1000 } }))).toBe(
      'not-found',
    );
  });

  it('says what it is made of, and that what never changes may be kept', async () => {
    const immutable = 'private, max-age=31536000, immutable';
    expect(await types('checkpoint')).toEqual(['text/plain; charset=utf-8', 'private, max-age=1']);
    expect(await types('tile/0/000')).toEqual(['application/octet-stream', immutable]);
    expect(await types('tile/entries/000')).toEqual(['application/octet-stream', immutable]);
    expect(await types('consistency?from=1&to=2')).toEqual([
      'text/plain; charset=utf-8',
      immutable,
    ]);
    expect((await types('tile/0/999'))[1]).toBe('no-store');
  });

  it('is open to every role, and to agents as far as a witness needs it', async () => {
    for (const role of ['viewer', 'auditor'] as const)
      expect(await api.as(role)(endpoints.logCheckpoint, {})).toContain('\n');
    const signed = async (path: string) => (await send(api.url, agent.signed('GET', path))).status;
    for (const path of ['checkpoint', 'key', 'consistency?from=1&to=2'])
      expect([path, await signed(`/v1/log/${path}`)]).toEqual([path, 200]);
    for (const path of ['entry/0', 'proof/0', 'tile/0/000', 'export'])
      expect([path, await signed(`/v1/log/${path}`)]).toEqual([path, 401]);
    expect((await fetch(`${api.url}/v1/log/checkpoint`)).status).toBe(401);
  });
});

/** The members of an exported archive, in their order. */
async function members(query: { from?: number; to?: number }): Promise<[string, Buffer][]> {
  const found: [string, Buffer][] = [];
  const archive = extract();
  const done = (async () => {
    for await (const entry of archive) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk);
      found.push([entry.header.name, Buffer.concat(chunks)]);
    }
  })();
  const bundle = await api.api(endpoints.exportLog, { query });
  for await (const chunk of bundle) archive.write(Buffer.from(chunk));
  archive.end();
  await done;
  return found;
}

describe('an export', () => {
  it('holds all that a checkpoint covers, in the order in which it can be checked', async () => {
    const before = await covered();
    const found = await members({});
    expect(found.map(([name]) => name)).toEqual(
      [...archiveMembers(0, before.size)].map(archivePath),
    );
    const head = openCheckpoint(found[0]![1].toString(), before.origin, await keys());
    const bundles = found.filter(([name]) => name.startsWith('tile/entries/'));
    verifyEntries(
      bundles.flatMap(([, bytes], n) => decodeBundle(bytes, tileWidth(0, n, head.size))),
      head,
    );
  });

  it('ends where it is asked to, with a checkpoint of its own, and begins at a whole bundle', async () => {
    const { origin } = await covered();
    const found = await members({ from: 300, to: 600 });
    const head = openCheckpoint(found[0]![1].toString(), origin, await keys());
    expect(head.size).toBe(600);
    expect(found.map(([name]) => name)).toEqual([...archiveMembers(256, 600)].map(archivePath));
  });

  it('is itself in the log, with who took it', async () => {
    await members({ from: 0, to: 100 });
    const query = { type: 'log.exported', order: 'desc', limit: 1 } as const;
    const { items } = await api.api(endpoints.listEvents, { query });
    expect(items).toMatchObject([{ data: { from: 0, to: 100 }, actor: { kind: 'token' } }]);
  });

  it('of nothing, or of more than there is, is refused', async () => {
    const { size } = await covered();
    for (const query of [{ from: size + 256 }, { to: size + 1000 }, { from: 512, to: 300 }])
      expect(await codeOf(api.api(endpoints.exportLog, { query }))).toBe('not-found');
  });

  it('of which only a part is taken harms nobody', async () => {
    const abort = new AbortController();
    const bundle = await api.api(endpoints.exportLog, { query: {} }, { signal: abort.signal });
    const reader = bundle[Symbol.asyncIterator]();
    await reader.next();
    abort.abort();
    await expect(reader.next()).rejects.toThrow('aborted');
    expect((await raw('/readyz')).status).toBe(200);
  });
});

describe('the followers', () => {
  it('tell how far they are, and are made anew when somebody who may says so', async () => {
    await covered();
    for (const name of ['secrets', 'tree']) {
      expect(await api.api(endpoints.rebuildFollower, { params: { name } })).toEqual({ name });
      await expect
        .poll(async () => {
          const { size, items } = await api.api(endpoints.listFollowers, {});
          const follower = items.find((one) => one.name === name);
          return follower?.rebuilding === null && follower.position === size;
        })
        .toBe(true);
    }
    expect(
      await codeOf(api.as('viewer')(endpoints.rebuildFollower, { params: { name: 'secrets' } })),
    ).toBe('not-allowed');
    for (const name of ['none', 'wipe-progress'])
      expect(await codeOf(api.api(endpoints.rebuildFollower, { params: { name } }))).toBe(
        'not-found',
      );
  });
});
