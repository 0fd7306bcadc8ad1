import { describe, expect, it } from 'vitest';

import {
  bundlePath,
  consistencyTiles,
  cosignatureVerifier,
  cosigner,
  decodeBundle,
  edgeTiles,
  encodeBundle,
  EntriesVerifier,
  extendTiles,
  formatProof,
  generateKeyPair,
  inclusionTiles,
  leafHash,
  loadTiles,
  noteSigner,
  noteVerifier,
  openCheckpoint,
  parseBundlePath,
  parseNote,
  parseTilePath,
  proveConsistency,
  proveInclusion,
  rootFromTiles,
  signCheckpoint,
  signNote,
  type TileId,
  tilePath,
  tileWidth,
  tileWidthMax,
  verifierKeyOf,
  verifyConsistency,
  verifyCosignatures,
  verifyProof,
} from './index.ts';

const origin = 'log.example/v1/log';
const { signerKey, verifierKey } = generateKeyPair(origin);

/** A log as a server keeps it, and serves it by path. */
class Server {
  readonly entries: Uint8Array[] = [];
  readonly tiles = new Map<string, Uint8Array>();

  append(entries: readonly Uint8Array[]): void {
    const read = (level: number, n: number) => this.tiles.get(`${level}/${n}`) ?? null;
    for (const tile of extendTiles(this.entries.length, entries.map(leafHash), read)) {
      this.tiles.set(`${tile.level}/${tile.n}`, tile.hashes);
    }
    this.entries.push(...entries);
  }

  get(path: string): Uint8Array | null {
    if (path.startsWith('tile/entries/')) {
      const { n, width } = parseBundlePath(path);
      return encodeBundle(this.entries.slice(n * tileWidthMax, n * tileWidthMax + width));
    }
    const { level, n, width } = parseTilePath(path);
    if (width > tileWidth(level, n, this.entries.length)) return null;
    return this.tiles.get(`${level}/${n}`)?.subarray(0, width * 32) ?? null;
  }

  async checkpoint(): Promise<string> {
    const size = this.entries.length;
    const read = await loadTiles(edgeTiles(size), async (tile) => this.get(tilePath(tile)));
    return signCheckpoint({ origin, size, root: rootFromTiles(size, read) }, [
      noteSigner(signerKey),
    ]);
  }
}

describe('a served log', () => {
  it('is verified whole, entry by entry and against its past, by paths and a verifier key alone', async () => {
    const server = new Server();
    const entriesOf = (count: number) =>
      Array.from({ length: count }, (_, at) => Buffer.from(`${server.entries.length + at}`));
    server.append(entriesOf(1234));
    const earlier = await server.checkpoint();
    server.append(entriesOf(700));
    const note = await server.checkpoint();

    const keys = [noteVerifier(verifierKey)];
    const [older, head] = [
      openCheckpoint(earlier, origin, keys),
      openCheckpoint(note, origin, keys),
    ];
    const load = async (tile: TileId) => server.get(tilePath(tile));

    const verifier = new EntriesVerifier(head, [older]);
    for (let n = 0; verifier.size < head.size; n += 1) {
      const width = tileWidth(0, n, head.size);
      const bundle = server.get(bundlePath({ n, width })) as Uint8Array;
      for (const entry of decodeBundle(bundle, width)) verifier.take(entry);
    }
    verifier.finish();

    const path = await loadTiles(inclusionTiles(1500, head.size), load);
    const hashes = proveInclusion(1500, head.size, path);
    const proof = formatProof({ index: 1500, hashes, checkpoint: note });
    expect(verifyProof(proof, Buffer.from('1500'), { origin, keys })).toEqual(head);

    const past = await loadTiles(consistencyTiles(older.size, head.size), load);
    verifyConsistency(proveConsistency(older.size, head.size, past), older, head);

    const witness = cosigner(signerKey, () => 1_700_000_000);
    const { text, signatures } = parseNote(note);
    const cosigned = signNote(text, [witness], signatures);
    const witnessKey = cosignatureVerifier(verifierKeyOf(signerKey, 'cosignature'));
    expect(verifyCosignatures(cosigned, [witnessKey])).toMatchObject([{ seconds: 1_700_000_000 }]);
    expect(openCheckpoint(cosigned, origin, keys)).toEqual(head);
  });
});
