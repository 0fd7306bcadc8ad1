import { queryEvents, type Log } from '@vestige/events';
import {
  type Checkpoint,
  type LogKey,
  openCheckpoint,
  parseCheckpoint,
  parseNote,
} from '@vestige/tlog';

import { logKeysOf, type SigningKeys } from './signing-keys.ts';

/** Keys of a log that were changed more often than this were changed too often. */
const keyChangesMax = 100;
/** So many of the newest contradictions that guests report are looked at. */
const conflictsMax = 20;

/** A checkpoint that must hold, and where it is kept. */
interface Claim {
  readonly note: string;
  readonly where: string;
}

/** What is known of the log outside of its entries. */
export interface Known {
  readonly keys: SigningKeys;
  /** The checkpoint in the data directory; null where there is none. */
  readonly kept: string | null;
  /** A replica that is new to its database has none yet; a service that has its database alone has had one from the start. */
  readonly mayLackKept: boolean;
}

/** Why the log is not the one that was signed; null where it is. */
export async function firstContradiction(log: Log, known: Known): Promise<string | null> {
  const { all } = await keysInLog(log);
  const keys = logKeysOf([...new Set([...known.keys.verifierKeys(), ...all])]);
  const { origin } = known.keys;
  const own = await ownClaims(log, known);
  if (own === null)
    return 'The log was signed, but no checkpoint is kept in the data directory. Whether entries are missing cannot be told.';
  for (const claim of own) {
    const checkpoint = opened(claim.note, origin, keys);
    if (checkpoint === null)
      return `The checkpoint ${claim.where} is not signed by a key of this log. Whether entries are missing cannot be told.`;
    const reason = await contradiction(claim, checkpoint, log);
    if (reason !== null) return reason;
  }
  return contradictionOfGuests(log, origin, keys);
}

/** Null where a checkpoint that must be there is not. */
async function ownClaims({ tree }: Log, { kept, mayLackKept }: Known): Promise<Claim[] | null> {
  const { newest } = tree;
  if (kept === null && newest !== null && !mayLackKept) return null;
  return [
    ...(kept === null ? [] : [{ note: kept, where: 'in the data directory' }]),
    ...(newest === null ? [] : [{ note: newest.note, where: 'in the database' }]),
  ];
}

/** Guests keep checkpoints, too: what a key of this log signed must hold, whoever shows it. */
async function contradictionOfGuests(
  log: Log,
  origin: string,
  keys: readonly LogKey[],
): Promise<string | null> {
  const query = { type: 'agent.checkpoint-conflict', order: 'desc', limit: conflictsMax } as const;
  const { items } = await queryEvents(log.dataSource, query);
  for (const { event } of items) {
    if (event.type !== 'agent.checkpoint-conflict') continue;
    for (const note of [event.data.kept, event.data.seen]) {
      const checkpoint = opened(note, origin, keys);
      const claim = { note, where: 'that a guest has' };
      const reason = checkpoint && (await contradiction(claim, checkpoint, log));
      if (reason !== null) return reason;
    }
  }
  return null;
}

function opened(note: string, origin: string, keys: readonly LogKey[]): Checkpoint | null {
  try {
    return openCheckpoint(note, origin, keys);
  } catch {
    return null;
  }
}

async function contradiction(
  { note, where }: Claim,
  checkpoint: Checkpoint,
  log: Log,
): Promise<string | null> {
  const reason = await mismatch(checkpoint, where, log);
  return reason === null || (await isAcknowledged(note, checkpoint, log)) ? null : reason;
}

async function mismatch(
  { size, root }: Checkpoint,
  where: string,
  { store, tree }: Log,
): Promise<string | null> {
  const held = await store.size();
  if (held < size)
    return `The database holds ${held} entries, but the checkpoint ${where} covers ${size}: the last ${size - held} are missing.`;
  // The count is kept beside the entries: there must be a last one, and none behind it.
  if (held > 0 && (await store.entries(held - 1, 2)).length !== 1)
    return `The database counts ${held} entries, but its entries do not end there.`;
  await tree.covers(size);
  if (Buffer.compare(await tree.rootAt(size), root) === 0) return null;
  return `The first ${size} entries are not those that the checkpoint ${where} covers.`;
}

/** Acknowledging a loss ends the keys of before: what only they signed does not hold any more, and that was said. */
async function isAcknowledged(note: string, { origin }: Checkpoint, log: Log): Promise<boolean> {
  const query = { type: 'service.restored', order: 'desc', limit: 1 } as const;
  const [restored] = (await queryEvents(log.dataSource, query)).items;
  if (restored === undefined) return false;
  const later = logKeysOf((await keysInLog(log, restored.position)).all);
  return later.length > 0 && opened(note, origin, later) === null;
}

/** The verifier keys that the log says it is signed with, the newest change first; those of changes after a position only. */
export async function keysInLog(
  { dataSource }: Pick<Log, 'dataSource'>,
  after = -1,
): Promise<{ current: string[]; all: string[] }> {
  const query = { type: 'log.keys-changed', order: 'desc', after, limit: keyChangesMax } as const;
  const { items } = await queryEvents(dataSource, query);
  const changes = items.flatMap(({ event }) =>
    event.type === 'log.keys-changed' ? [event.data.keys] : [],
  );
  return { current: changes[0] ?? [], all: [...new Set(changes.flat())] };
}

/** Size and root of a note that was verified before. */
export function headOf(note: string): Checkpoint {
  return parseCheckpoint(parseNote(note).text);
}
