import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';

import { type Log, type NewEvent, openLog } from '@vestige/events';

import { accessStore } from '../access/store.ts';
import type { Config } from '../config.ts';
import { keysInLog } from './compare.ts';
import { KeptCheckpoint } from './kept-checkpoint.ts';
import { LogGuard } from './log-guard.ts';
import { SigningKeys, SigningKeysError } from './signing-keys.ts';

export interface GuardedLog {
  readonly log: Log;
  readonly guard: LogGuard;
  /** Resolves when the log is the one that was signed, and says by which keys it is. */
  readonly sound: Promise<void>;
  readonly close: () => Promise<void>;
}

/** Opens the log and compares it with what was signed; where they differ it can be read, and not appended to. */
export async function openGuardedLog(config: Config): Promise<GuardedLog> {
  prepareDataDir(config.dataDir);
  const guard = new LogGuard(keptCheckpoint(config));
  const { gate, signing } = guard;
  const log = await openLog({ file: databaseOf(config), ...accessStore, gate, signing });
  const close = async (): Promise<void> => {
    guard.stop();
    await log.close();
  };
  try {
    // Replicas that start at once agree on one key.
    const keys = await log.exclusively('signing-keys', async () => {
      const { current } = await keysInLog(log);
      const opened = signingKeys(config, current);
      await guard.start(log, opened, config.databaseUrl !== null);
      if (guard.isSound) await recordKeys(log, opened);
      return opened;
    });
    const sound = guard.isSound ? Promise.resolve() : recordKeysWhenSound(log, guard, keys);
    guard.allowSigning();
    return { log, guard, sound, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A log that is found to be whole after all, as when its tiles were made anew. */
async function recordKeysWhenSound(log: Log, guard: LogGuard, keys: SigningKeys): Promise<void> {
  await guard.sound;
  await log.exclusively('signing-keys', () => recordKeys(log, keys));
}

export function keptCheckpoint({ dataDir }: Config): KeptCheckpoint {
  return new KeptCheckpoint(join(dataDir, 'log-checkpoint'));
}

/** The database that the configuration means: a URL, or a file that only the service's user may read. */
export function databaseOf({ databaseUrl, dataDir }: Config): string {
  if (databaseUrl !== null) return databaseUrl;
  const file = join(dataDir, 'vestige.db');
  // SQLite gives its side files the mode of the database file.
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
  return file;
}

export function prepareDataDir(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  chmodSync(dataDir, 0o700);
}

/** A log that was signed before goes on with the same keys; only a new one gets a new key. */
function signingKeys({ logKeyFile, publicUrl }: Config, current: readonly string[]): SigningKeys {
  const keys = SigningKeys.read(logKeyFile);
  if (keys === null && current.length === 0) return SigningKeys.create(logKeyFile, publicUrl.host);
  if (keys === null)
    throw new SigningKeysError(
      `${logKeyFile} is missing, and the log is signed already. Put it back, copy it from another replica, or, if it is lost, make a new key with "rotate-log-key --lost".`,
    );
  if (current.length > 0 && !keys.includesAny(current))
    throw new SigningKeysError(
      `${logKeyFile} holds other keys than those that sign this log. Put the right file there.`,
    );
  return keys;
}

async function recordKeys(log: Log, signing: SigningKeys): Promise<void> {
  const { current } = await keysInLog(log);
  const keys = signing.verifierKeys();
  if (current.length === keys.length && current.every((key, index) => key === keys[index])) return;
  const [appended] = await log.store.append([keysChanged(keys)]);
  await log.followers.reached(appended?.position ?? 0);
}

/** The event that says by which keys the log is signed from now on. */
export function keysChanged(keys: readonly string[]): NewEvent {
  return {
    id: crypto.randomUUID(),
    type: 'log.keys-changed',
    stream: 'service',
    at: new Date().toISOString(),
    actor: { kind: 'service' },
    data: { keys: [...keys] },
  };
}
