import type { Log } from '@vestige/events';
import { queryEvents } from '@vestige/events';
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

/** A checkpoint that must hold, and where it was kept. */
interface Claim {
  readonly note: string;
  readonly where: string;
}

/**
 * Why the log is not the one that was signed; null where it is. A person may have said that the log goes on although it is
 * not: then that event has the last word about checkpoints up to the one that it names.
 */
async function contradiction(
  { note, where }: Claim,
  log: Log,
  origin: string,
  keys: readonly LogKey[],
): Promise<string | null> {
  const checkpoint = opened(note, origin, keys);
  if (checkpoint === null) return `The checkpoint ${where} is not signed by a key of this log.`;
  const reason = await mismatch(checkpoint, where, log);
  if (reason === null || (await isAcknowledged(note, checkpoint, log))) return null;
  return reason;
}

function opened(note: string, origin: string, keys: readonly LogKey[]): Checkpoint | null {
  try {
    return openCheckpoint(note, origin, keys);
  } catch {
    return null;
  }
}

/** The first contradiction between the log and the checkpoints that are kept of it; null where there is none. */
export async function firstContradiction(
  log: Log,
  keys: SigningKeys,
  kept: string | null,
): Promise<string | null> {
  const { all } = await keysInLog(log);
  const known = logKeysOf([...new Set([...keys.verifierKeys(), ...all])]);
  const { newest } = log.tree;
  const claims: Claim[] = [
    ...(kept === null ? [] : [{ note: kept, where: 'in the data directory' }]),
    ...(newest === null ? [] : [{ note: newest.note, where: 'in the database' }]),
  ];
  for (const claim of claims) {
    const reason = await contradiction(claim, log, keys.origin, known);
    if (reason !== null) return reason;
  }
  return null;
}

async function mismatch(
  { size, root }: Checkpoint,
  where: string,
  { store, tree }: Log,
): Promise<string | null> {
  const held = await store.size();
  if (held < size)
    return `The database holds ${held} entries, but the checkpoint ${where} covers ${size}: the last ${size - held} are missing.`;
  await tree.covers(size);
  if (Buffer.compare(await tree.rootAt(size), root) === 0) return null;
  return `The first ${size} entries are not those that the checkpoint ${where} covers.`;
}

/** Acknowledging a loss ends the keys of before, so a checkpoint by a later key is not what was acknowledged. */
async function isAcknowledged(
  note: string,
  { size, origin }: Checkpoint,
  log: Log,
): Promise<boolean> {
  const query = { type: 'service.restored', order: 'desc', limit: 1 } as const;
  const [restored] = (await queryEvents(log.dataSource, query)).items;
  if (restored?.event.type !== 'service.restored') return false;
  const named = parseCheckpoint(parseNote(restored.event.data.checkpoint).text);
  const later = logKeysOf((await keysInLog(log, restored.position)).all);
  return named.size >= size && opened(note, origin, later) === null;
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
