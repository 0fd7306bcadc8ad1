import { hostname } from 'node:os';

import { AgentError } from './agent-error.ts';
import { Agent } from './agent.ts';
import { readBoot } from './boot.ts';
import type { RunOptions } from './command-line.ts';
import type { Log } from './log.ts';
import { openBootClock } from './policy/boot-clock.ts';
import { openSources } from './source/open-source.ts';
import type { SecretSource } from './source/secret-source.ts';
import { openStateDir } from './state-dir.ts';
import { parseApiUrl } from './uplink/api-url.ts';
import { findToken, lookForEntry, notEnrolled } from './uplink/find-token.ts';
import { createIdentity, type Identity, readIdentity } from './uplink/identity.ts';
import { parsePin } from './witness/log-keys.ts';

const nameMax = 253;

/** Runs the agent until it is told to stop; gives its exit code. Everything that can be wrong is checked before. */
export async function run(options: RunOptions, log: Log): Promise<number> {
  const api = options.api === undefined ? null : parseApiUrl(options.api, options.allowHttp);
  const logKey = options.logKey === undefined ? null : parsePin(options.logKey);
  const sources = openSources(options.sources);
  const boot = await readBoot(options.bootIdFile);
  const name = nameOf(options.name);
  await openStateDir(options.stateDir);
  const identity = await readIdentity(options.stateDir);
  const token = await readToken(options, identity, { sources, log });
  const agent = await Agent.start({
    stateDir: options.stateDir,
    identity: identity ?? (await createIdentity(options.stateDir, api ?? '')),
    api,
    allowHttp: options.allowHttp,
    token,
    logKey,
    name,
    boot,
    secondsSinceBoot: await openBootClock(options.bootIdFile),
    sources,
    mode: options.mode,
    holdMilliseconds: options.holdMilliseconds,
    log,
  });
  return untilStopped(agent);
}

/** The guest's name as it is to be enrolled: its host's where none is given. */
export function nameOf(given: string | undefined): string {
  const name = given ?? hostname();
  if (name !== '' && name.length <= nameMax && !/\p{Cc}/u.test(name)) return name;
  throw new AgentError('usage', `--name takes 1 to ${nameMax} characters on one line`);
}

/** Null where the guest is enrolled, or the enrolment entry is there or may come. */
async function readToken(
  options: RunOptions,
  identity: Identity | null,
  { sources, log }: { sources: readonly SecretSource[]; log: Log },
): Promise<string | null> {
  if (identity !== null && identity.guest !== null) return null;
  const token = await findToken(options, log);
  if (token === null && (await lookForEntry(sources)) === 'not-there') throw notEnrolled(options);
  if (token !== null && options.api === undefined)
    throw new AgentError('usage', '--api URL is missing: the token does not tell it');
  return token;
}

async function untilStopped(agent: Agent): Promise<number> {
  const stop = (signal: NodeJS.Signals): void => agent.stop(signal);
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  try {
    return await agent.ended;
  } finally {
    process.off('SIGTERM', stop);
    process.off('SIGINT', stop);
  }
}
