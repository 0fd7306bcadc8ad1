import { type Log, openLog } from '@vestige/events';

import { accessStore } from '../access/store.ts';
import { JoinStates } from '../access/tables.ts';
import type { Config } from '../config.ts';
import { LogAudit } from '../log/audit.ts';
import { keysInLog, firstContradiction } from '../log/compare.ts';
import {
  databaseOf,
  keptCheckpoint,
  keysChanged,
  prepareDataDir,
} from '../log/open-guarded-log.ts';
import { SigningKeys, SigningKeysError } from '../log/signing-keys.ts';

/** Where a command speaks. */
export type Say = (line: string) => void;

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
  try {
    return await log.exclusively('signing-keys', () =>
      restoreOpened(log, config, keys, isAcknowledged, say),
    );
  } finally {
    await log.close();
  }
}

async function restoreOpened(
  log: Log,
  config: Config,
  keys: SigningKeys,
  isAcknowledged: boolean,
  say: Say,
): Promise<number> {
  const size = await log.store.size();
  say(`Comparing the ${size} entries of the log with what was signed ...`);
  const kept = keptCheckpoint(config).read();
  const flaw = await auditAll(log, size);
  if (flaw !== null) {
    say(`${flaw} Making the tiles anew from the entries ...`);
    await log.followers.rebuild('tree');
  }
  const reason = await firstContradiction(log, keys, kept);
  if (reason === null) {
    const healed =
      'The tiles were damaged and are made anew; every entry that was signed is there.';
    say(
      flaw === null ? 'The log is the one that was signed. There is nothing to restore.' : healed,
    );
    return flaw === null ? 1 : 0;
  }
  say(reason);
  if (!isAcknowledged) {
    say('To go on with what there is, and have that in the log, say "restore --acknowledge-gap".');
    return 1;
  }
  await goOn(log, config, kept ?? log.tree.newest?.note ?? '', say);
  return 0;
}

/** Tiles that cannot even be continued are no better than tiles that do not fit. */
async function auditAll(log: Log, size: number): Promise<string | null> {
  try {
    await log.tree.covers(size);
  } catch {
    return 'The tiles cannot be continued.';
  }
  return new LogAudit(log.store, log.tree).all();
}

async function goOn(log: Log, config: Config, checkpoint: string, say: Say): Promise<void> {
  const size = await log.store.size();
  const root = Buffer.from(await log.tree.rootAt(size)).toString('base64');
  const keys = SigningKeys.rotate(config.logKeyFile, 0);
  const restored = {
    id: crypto.randomUUID(),
    type: 'service.restored',
    stream: 'service',
    at: new Date().toISOString(),
    actor: { kind: 'service' },
    data: { checkpoint, size, root },
  } as const;
  // They may have gone back with the log, and then it is not the guests that are older.
  await log.dataSource.getRepository(JoinStates).deleteAll();
  const appended = await log.store.append([restored, keysChanged(keys.verifierKeys())]);
  await log.followers.reached(appended.at(-1)?.position ?? 0);
  say(`The log goes on after its first ${size} entries. What was after them is lost.`);
  say(
    'A new key signs from now on. Give this one to whoever verifies, and copy the key file to all replicas:',
  );
  say(keys.verifierKeys()[0] ?? '');
  const { all } = await keysInLog(log);
  say(
    `Agents and auditors who have a later checkpoint will report a contradiction. ${all.length - 1} earlier keys stay known.`,
  );
}
