import { randomBytes } from 'node:crypto';

import {
  extendTiles,
  generateKeyPair,
  type Hash,
  type KeyPair,
  leafHash,
  noteSigner,
  proveConsistency,
  type ReadTile,
  rootFromTiles,
  signCheckpoint,
} from '@vestige/tlog';

/** For tests: a log with real keys and a real tree, which can be forked, and signs whatever it is told to. */
export class LogDouble {
  readonly origin: string;
  /** Those that sign, the current one first. */
  signers: KeyPair[];
  /** What it lists as its verifier keys. */
  listed: string[];
  readonly #leaves: Hash[] = [];
  readonly #tiles = new Map<string, Uint8Array>();

  constructor(origin = 'log.example', signers = [generateKeyPair(origin)]) {
    this.origin = origin;
    this.signers = signers;
    this.listed = signers.map(({ verifierKey }) => verifierKey);
  }

  get size(): number {
    return this.#leaves.length;
  }

  /** Adds entries that no other log has. */
  grow(count: number): this {
    this.#add(Array.from({ length: count }, () => leafHash(randomBytes(16))));
    return this;
  }

  /** Another log by the same keys, which begins with this one's first entries. */
  fork(size: number, origin = this.origin): LogDouble {
    const fork = new LogDouble(origin, this.signers);
    fork.listed = this.listed;
    fork.#add(this.#leaves.slice(0, size));
    return fork;
  }

  /** Signs with a new key; with the old one too until that is taken from `signers`. */
  rotate(): KeyPair {
    const key = generateKeyPair(this.origin);
    this.signers = [key, ...this.signers];
    this.listed = [key.verifierKey, ...this.listed];
    return key;
  }

  checkpoint(size = this.size): string {
    const root = rootFromTiles(size, this.#read);
    const signers = this.signers.map(({ signerKey }) => noteSigner(signerKey));
    return signCheckpoint({ origin: this.origin, size, root }, signers);
  }

  /** As it is answered: base64 hashes, one a line. */
  proof(from: number, to: number): string {
    const hashes = proveConsistency(from, to, this.#read);
    return hashes.map((hash) => `${Buffer.from(hash).toString('base64')}\n`).join('');
  }

  readonly #read: ReadTile = (level, n) => this.#tiles.get(`${level}/${n}`) ?? null;

  #add(leaves: Hash[]): void {
    for (const { level, n, hashes } of extendTiles(this.size, leaves, this.#read))
      this.#tiles.set(`${level}/${n}`, hashes);
    this.#leaves.push(...leaves);
  }
}
