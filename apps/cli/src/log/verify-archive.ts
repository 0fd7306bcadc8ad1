import {
  type ArchiveMember,
  archiveMembers,
  archivePath,
  decodeBundle,
  EntriesVerifier,
  entryBytesMax,
  GrowingTree,
  hashBytes,
  type LogKey,
  parseBundlePath,
  parseTilePath,
  type ReadTile,
  tileWidthMax,
} from '@vestige/tlog';

import { ArchiveError } from './archive-error.ts';
import { noteBytesMax, openSigned, type SignedCheckpoint } from './keys.ts';
import { recordedOf } from './recorded.ts';
import { type TarMember, TarReader } from './tar-reader.ts';

/** What is demanded of a log besides its own checkpoint, and who is told how far it is. */
export interface Demands {
  readonly keys: readonly LogKey[];
  /** Gives an earlier checkpoint that the log must continue. */
  readonly since?: SignedCheckpoint | undefined;
  progress?(entriesDone: number, entries: number): void;
}

/** What was verified: that the log of this checkpoint has these entries from `from` on, and no others. */
export interface VerifiedLog {
  readonly checkpoint: SignedCheckpoint;
  readonly from: number;
  /** When the service took in the first and the last of the entries; null where that is not told. */
  readonly firstRecorded: string | null;
  readonly lastRecorded: string | null;
  /** The size of the earlier checkpoint, which the log continues. */
  readonly since: number | null;
}

/** There are at most seven levels with a partial tile. */
const edgeTilesMax = 7;
const bundleLengthBytes = 2;

/** Reads an archive to its end and returns if it is what its signed checkpoint says; throws if not. */
export async function verifyArchive(
  source: AsyncIterable<Uint8Array>,
  demands: Demands,
): Promise<VerifiedLog> {
  const tar = new TarReader(source);
  try {
    const checkpoint = await readCheckpoint(tar, demands.keys);
    const edge = await readEdge(tar, checkpoint.size);
    const tree = new GrowingTree(edge.from, edge.read);
    const earlier = demands.since === undefined ? [] : [demands.since];
    const verifier = new EntriesVerifier(checkpoint, earlier, tree);
    const recorded = await readRest(tar, { edge, checkpoint, tree, verifier, demands });
    verifier.finish();
    return { checkpoint, from: edge.from, since: demands.since?.size ?? null, ...recorded };
  } finally {
    await tar.close();
  }
}

async function readCheckpoint(tar: TarReader, keys: readonly LogKey[]): Promise<SignedCheckpoint> {
  const member = expectMember(await tar.next(), 'checkpoint');
  const bytes = await tar.read(member, noteBytesMax);
  return openSigned(bytes.toString(), keys);
}

interface Edge {
  readonly from: number;
  readonly read: ReadTile;
  /** What comes after the tiles; null at the end of the archive. */
  readonly next: TarMember | null;
  readonly expected: Iterator<ArchiveMember>;
}

/** The tiles of what is before the entries. The first bundle's name says how many they stand for. */
async function readEdge(tar: TarReader, size: number): Promise<Edge> {
  const tiles = new Map<string, Uint8Array>();
  const names: string[] = [];
  let next = await tar.next();
  while (next !== null && !next.name.startsWith('tile/entries/')) {
    if (names.length === edgeTilesMax) throw new ArchiveError('unexpected-member', next.name);
    const { level, n, width } = parseTilePath(next.name);
    const hashes = await tar.read(next, tileWidthMax * hashBytes);
    if (hashes.length !== width * hashBytes) throw new ArchiveError('tile-mismatch', next.name);
    tiles.set(`${level}/${n}`, Uint8Array.from(hashes));
    names.push(next.name);
    next = await tar.next();
  }
  const from = next === null ? 0 : parseBundlePath(next.name).n * tileWidthMax;
  if (from > 0 && from >= size) throw new ArchiveError('unexpected-member', next?.name);
  const expected = archiveMembers(from, size);
  expected.next();
  for (const name of names) expectName(name, expected.next().value);
  return { from, next, expected, read: (level, n) => tiles.get(`${level}/${n}`) ?? null };
}

interface Reading {
  readonly edge: Edge;
  readonly checkpoint: SignedCheckpoint;
  readonly tree: GrowingTree;
  readonly verifier: EntriesVerifier;
  readonly demands: Demands;
}

type Recorded = Pick<VerifiedLog, 'firstRecorded' | 'lastRecorded'>;

async function readRest(tar: TarReader, reading: Reading): Promise<Recorded> {
  const { edge, checkpoint, tree, demands } = reading;
  const { size } = checkpoint;
  let recorded: Recorded = { firstRecorded: null, lastRecorded: null };
  let found = edge.next;
  for (
    let { value: wanted, done } = edge.expected.next();
    done !== true;
    { value: wanted, done } = edge.expected.next()
  ) {
    const member = expectMember(found, archivePath(wanted));
    if (wanted.kind === 'entries') {
      recorded = await readEntries(tar, member, wanted.width, reading, recorded);
      demands.progress?.(tree.size - edge.from, size - edge.from);
    } else if (wanted.kind === 'tile') {
      await readTile(tar, member, tree.lastTile(wanted.level));
    }
    found = await tar.next();
  }
  if (found !== null) throw new ArchiveError('unexpected-member', found.name);
  return recorded;
}

async function readEntries(
  tar: TarReader,
  member: TarMember,
  width: number,
  { edge, checkpoint, verifier }: Reading,
  before: Recorded,
): Promise<Recorded> {
  const bundle = await tar.read(member, width * (bundleLengthBytes + entryBytesMax));
  const isFirst = verifier.size === edge.from;
  const isLast = verifier.size + width === checkpoint.size;
  // Only there, as it costs: a look at each entry would be one too many.
  const entries = isFirst || isLast ? decodeBundle(bundle, width) : [];
  const recorded = {
    firstRecorded: isFirst ? recordedOf(entries[0]) : before.firstRecorded,
    lastRecorded: isLast ? recordedOf(entries.at(-1)) : before.lastRecorded,
  };
  verifier.takeBundle(bundle, width);
  return recorded;
}

async function readTile(tar: TarReader, member: TarMember, hashes: Uint8Array): Promise<void> {
  const bytes = await tar.read(member, tileWidthMax * hashBytes);
  if (!bytes.equals(hashes)) throw new ArchiveError('tile-mismatch', member.name);
}

function expectMember(found: TarMember | null, name: string): TarMember {
  if (found === null) throw new ArchiveError('cut-archive', `no ${name}`);
  if (found.name !== name)
    throw new ArchiveError('unexpected-member', `${found.name}, not ${name}`);
  return found;
}

function expectName(found: string, wanted: ArchiveMember | undefined): void {
  if (wanted?.kind !== 'tile' || archivePath(wanted) !== found) {
    throw new ArchiveError('unexpected-member', found);
  }
}
