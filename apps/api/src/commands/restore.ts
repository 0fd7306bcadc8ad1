import { CheckpointNote } from '@vestige/contract';
import { openLog, type Log } from '@vestige/events';
import { signCheckpoint } from '@vestige/tlog';

import { accessStore } from '../access/store.ts';
import { JoinStates } from '../access/tables.ts';
import type { Config } from '../config.ts';
import { LogAudit } from '../log/audit.ts';
import { firstContradiction } from '../log/compare.ts';
import type { KeptCheckpoint } from '../log/kept-checkpoint.ts';
import {
  databaseOf,
  keptCheckpoint,
  keysChanged,
  prepareDataDir,
} from '../log/open-guarded-log.ts';
import { SigningKeys, SigningKeysError } from '../log/signing-keys.ts';
import { countEntries, endAt } from './count-entries.ts';

/** Where a command speaks. */
export type Say = (line: string) => void;

interface Restoring {
  readonly log: Log;
  readonly config: Config;
  readonly keys: SigningKeys;
  readonly kept: KeptCheckpoint;
  readonly isAcknowledged: boolean;
  readonly say: Say;
}

const advice =
  'To go on with what there is, and have that in the log, say "restore --acknowledge-gap".';

/**
 * Finds out whether the log is the one that was signed; where it is not, and a person says so, lets it go on from what there
 * is. That is an event of its own, and from then on another key signs: the old one must never sign two histories.
 */
export async function restore(config: Config, isAcknowledged: boolean, say: Say): Promise<number> {
  prepareDataDir(config.dataDir);
  const keys = SigningKeys.read(config.logKeyFile);
  if (keys === null)
    throw new SigningKeysError(`${config.logKeyFile} is missing: put it back first.`);
  const log = await openLog({ file: databaseOf(config), ...accessStore, reacts: false });
  const kept = keptCheckpoint(config);
  try {
    return await log.exclusively('signing-keys', () =>
      restoreOpened({ log, config, keys, kept, isAcknowledged, say }),
    );
  } finally {
    await log.close();
  }
}

async function restoreOpened(restoring: Restoring): Promise<number> {
  const { log, config, keys, kept, isAcknowledged, say } = restoring;
  say(`Comparing the ${await log.store.size()} entries of the log with what was signed ...`);
  const counted = await mendCount(restoring);
  if (counted === 'refused') return 1;
  const tiles = await mendTiles(log, say);
  const reason = await firstContradiction(log, {
    keys,
    kept: kept.read(),
    mayLackKept: config.databaseUrl !== null,
  });
  if (reason === null) return whole(counted === 'mended' || tiles === 'mended', say);
  say(reason);
  if (!isAcknowledged) {
    say(advice);
    return 1;
  }
  await goOn(restoring);
  return 0;
}

/** Where the count is wrong nothing can be read to the end, so it comes first. */
async function mendCount(restoring: Restoring): Promise<'whole' | 'mended' | 'refused'> {
  const { log, isAcknowledged, say } = restoring;
  const { said, there, isTorn } = await countEntries(log);
  if (said === there && !isTorn) return 'whole';
  say(`The database counts ${said} entries, and ${there} are there without a hole.`);
  if (isTorn) {
    say('Entries behind the hole cannot be taken away, and nothing can take its place.');
    say('Put a backup of the database back, and say "restore" again.');
    return 'refused';
  }
  if (!isAcknowledged) {
    say(advice);
    return 'refused';
  }
  await endAt(log, there, say);
  return 'mended';
}

async function mendTiles(log: Log, say: Say): Promise<'whole' | 'mended'> {
  const flaw = await auditAll(log);
  if (flaw === null) return 'whole';
  say(`${flaw} Making the tiles anew from the entries ...`);
  await log.followers.rebuild('tree');
  return 'mended';
}

/** Tiles that cannot even be continued are no better than tiles that do not fit. */
async function auditAll(log: Log): Promise<string | null> {
  try {
    await log.tree.covers(await log.store.size());
  } catch {
    return 'The tiles cannot be continued.';
  }
  return new LogAudit(log.store, log.tree).all();
}

function whole(isMended: boolean, say: Say): number {
  say(
    isMended
      ? 'What was made of the entries was damaged and is made anew; every entry that was signed is there.'
      : 'The log is the one that was signed. There is nothing to restore.',
  );
  return isMended ? 0 : 1;
}

async function goOn({ log, config, kept, say }: Restoring): Promise<void> {
  const size = await log.store.size();
  const root = await log.tree.rootAt(size);
  const unfulfilled = [kept.read(), log.tree.newest?.note];
  const keys = SigningKeys.rotate(config.logKeyFile, 0);
  const note = signCheckpoint({ origin: keys.origin, size, root }, keys.signers());
  say(
    'A new key signs from now on. Give it to whoever verifies, and copy the key file to all replicas:',
  );
  say(keys.verifierKeys()[0] ?? '');
  const restored = {
    id: crypto.randomUUID(),
    type: 'service.restored',
    stream: 'service',
    at: new Date().toISOString(),
    actor: { kind: 'service' },
    data: {
      checkpoint: unfulfilled.find((one) => CheckpointNote.safeParse(one).success) ?? note,
      size,
      root: Buffer.from(root).toString('base64'),
    },
  } as const;
  // They may have gone back with the log, and then it is not the guests that are older.
  await log.dataSource.getRepository(JoinStates).deleteAll();
  const appended = await log.store.append([restored, keysChanged(keys.verifierKeys())]);
  await log.followers.reached(appended.at(-1)?.position ?? 0);
  kept.replace(note);
  say(`The log goes on after its first ${size} entries. Whatever was after them is lost.`);
  say('Agents and auditors who have a later checkpoint will report a contradiction.');
}
