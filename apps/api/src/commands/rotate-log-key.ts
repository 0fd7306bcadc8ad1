import { openLog } from '@vestige/events';

import { accessStore } from '../access/store.ts';
import type { Config } from '../config.ts';
import { keysInLog } from '../log/compare.ts';
import { databaseOf, keysChanged, prepareDataDir } from '../log/open-guarded-log.ts';
import { SigningKeys, SigningKeysError } from '../log/signing-keys.ts';
import type { Say } from './restore.ts';

const dayMs = 86_400_000;

/** Makes a new signing key, which the service uses from its next start on; the old one signs beside it for so many days. */
export function rotateLogKey({ logKeyFile }: Config, overlapDays: number, say: Say): number {
  if (SigningKeys.read(logKeyFile) === null)
    throw new SigningKeysError(
      `${logKeyFile} does not exist. The service makes it at its first start; if it is lost, say --lost.`,
    );
  const keys = SigningKeys.rotate(logKeyFile, overlapDays * dayMs);
  say(keys.verifierKeys()[0] ?? '');
  say(
    `Restart the service (all replicas, with the same ${logKeyFile}). For ${overlapDays} days the old key signs beside the new one.`,
  );
  return 0;
}

/** Makes a new key for a log whose keys are lost. Nobody can check that it is the same log's, and the log says so. */
export async function replaceLostLogKey(config: Config, say: Say): Promise<number> {
  if (SigningKeys.read(config.logKeyFile) !== null)
    throw new SigningKeysError(`${config.logKeyFile} is there: rotate it without --lost.`);
  prepareDataDir(config.dataDir);
  const log = await openLog({ file: databaseOf(config), ...accessStore, reacts: false });
  try {
    const { current } = await keysInLog(log);
    const origin = current[0]?.split('+')[0];
    if (origin === undefined) throw new SigningKeysError('This log was never signed.');
    const keys = SigningKeys.createFor(config.logKeyFile, origin);
    await log.store.append([keysChanged(keys.verifierKeys())]);
    say(keys.verifierKeys()[0] ?? '');
    say('Whoever knows an old key will report that a stranger signs this log now: tell them why.');
    return 0;
  } finally {
    await log.close();
  }
}
