import {
  type ArchiveMember,
  archiveMembers,
  archivePath,
  encodeBundle,
  extendTiles,
  formatProof,
  generateKeyPair,
  type Hash,
  leafHash,
  noteSigner,
  proveInclusion,
  type ReadTile,
  rootFromTiles,
  signCheckpoint,
  tileWidthMax,
} from '@vestige/tlog';
import { pack } from 'tar-stream';

export const origin = 'log.example/v1/log';
export const { signerKey, verifierKey } = generateKeyPair(origin, Buffer.alloc(32, 7));

/** An entry as the service writes them, of about 500 bytes. */
export function entryAt(position: number): Uint8Array {
  const seconds = String(position % 60).padStart(2, '0');
  return Buffer.from(
    JSON.stringify({
      actor: { id: '6a0e5f0c-6d0b-4a8e-9d57-3f6d7a1b2c3d', kind: 'guest' },
      at: `2026-11-26T10:00:${seconds}.000Z`,
      boot: '0b5c4a80-9d3a-4c56-8f8a-1f2e3d4c5b6a',
      data: {
        reader: {
          exe: '/usr/sbin/cryptsetup',
          loginuid: null,
          pid: position,
          uid: 0,
          unit: 'cryptsetup.service',
        },
        secret: { name: '736869e5-84f0-4973-92ec-06879ce3da0b', source: 'efi-secret' },
      },
      guest: '6a0e5f0c-6d0b-4a8e-9d57-3f6d7a1b2c3d',
      id: `event-${position}`,
      recorded: `2026-11-26T10:00:${seconds}.100Z`,
      seq: position,
      stream: 'guest-6a0e5f0c-6d0b-4a8e-9d57-3f6d7a1b2c3d',
      type: 'secret.read',
      v: 1,
    }),
  );
}

/** A log in memory, which can say what a service would. */
export class LogDouble {
  readonly entries: Uint8Array[];
  readonly #tiles = new Map<string, Uint8Array>();

  constructor(entries: Uint8Array[]) {
    this.entries = entries;
    const leaves: Hash[] = entries.map(leafHash);
    for (const { level, n, hashes } of extendTiles(0, leaves, () => null)) {
      this.#tiles.set(`${level}/${n}`, hashes);
    }
  }

  readonly read: ReadTile = (level, n) => this.#tiles.get(`${level}/${n}`) ?? null;

  checkpoint(size: number, keys: readonly string[] = [signerKey]): string {
    return signCheckpoint(
      { origin, size, root: rootFromTiles(size, this.read) },
      keys.map(noteSigner),
    );
  }

  bundle(n: number, width: number): Uint8Array {
    return encodeBundle(this.entries.slice(n * tileWidthMax, n * tileWidthMax + width));
  }

  tile(level: number, n: number, width: number): Uint8Array | null {
    return this.read(level, n)?.subarray(0, width * 32) ?? null;
  }

  proof(index: number, size: number): string {
    const hashes = proveInclusion(index, size, this.read);
    return formatProof({ index, hashes, checkpoint: this.checkpoint(size) });
  }

  /** The files of an export, as name and bytes. */
  *files(from: number, size: number): Generator<[string, Uint8Array]> {
    for (const member of archiveMembers(from, size)) {
      yield [archivePath(member), this.#bytesOf(member, size)];
    }
  }

  #bytesOf(member: ArchiveMember, size: number): Uint8Array {
    if (member.kind === 'checkpoint') return Buffer.from(this.checkpoint(size));
    return member.kind === 'entries'
      ? this.bundle(member.n, member.width)
      : (this.tile(member.level, member.n, member.width) as Uint8Array);
  }
}

/** A log of entries as the service writes them. */
export function logOf(size: number): LogDouble {
  return new LogDouble(Array.from({ length: size }, (_, position) => entryAt(position)));
}

/** A tar archive of these files, with the library that the service uses. */
export async function archived(files: Iterable<[string, Uint8Array]>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of archiveStream(files)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The same as it is made, so that a large one needs not be in memory. */
export function archiveStream(files: Iterable<[string, Uint8Array]>): AsyncIterable<Uint8Array> {
  const tar = pack();
  const feed = async () => {
    for (const [name, bytes] of files) {
      await new Promise<void>((resolve, reject) => {
        tar.entry({ name, mtime: new Date(0) }, Buffer.from(bytes), (error) =>
          error ? reject(error) : resolve(),
        );
      });
    }
    tar.finalize();
  };
  feed().catch((error: Error) => tar.destroy(error));
  return tar;
}
