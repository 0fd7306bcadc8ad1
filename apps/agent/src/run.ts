import { readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';

import { AgentError, causeOf } from './agent-error.ts';
import { Agent } from './agent.ts';
import { readBoot } from './boot.ts';
import type { RunOptions } from './command-line.ts';
import type { Log } from './log.ts';
import { openBootClock } from './policy/boot-clock.ts';
import { openSources } from './source/open-source.ts';
import { openStateDir } from './state-dir.ts';
import { parseApiUrl } from './uplink/api-url.ts';
import { createIdentity, type Identity, readIdentity } from './uplink/identity.ts';
import { parsePin } from './witness/log-keys.ts';

const nameMax = 253;

/** Runs the agent until it is told to stop; gives its exit code. Everything that can be wrong is checked before. */
export async function run(options: RunOptions, log: Log): Promise<number> {
  const api = parseApiUrl(options.api, options.allowHttp);
  const logKey = options.logKey === undefined ? null : parsePin(options.logKey);
  const sources = openSources(options.sources);
  const boot = await readBoot(options.bootIdFile);
  const name = options.name ?? hostname();
  if (name === '' || name.length > nameMax || /\p{Cc}/u.test(name))
    throw new AgentError('usage', `--name takes 1 to ${nameMax} characters on one line`);
  await openStateDir(options.stateDir);
  const identity = await readIdentity(options.stateDir);
  const token = await readToken(options, identity, log);
  const agent = await Agent.start({
    stateDir: options.stateDir,
    identity: identity ?? (await createIdentity(options.stateDir, api)),
    api,
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

/** The token is asked for only as long as the guest is not enrolled. */
async function readToken(
  { token, tokenFile }: RunOptions,
  identity: Identity | null,
  log: Log,
): Promise<string | null> {
  if (identity !== null && identity.guest !== null) return null;
  if (token !== undefined) return token.trim();
  if (tokenFile === undefined)
    throw new AgentError(
      'usage',
      'this guest is not enrolled: give --enrolment-token TOKEN or --enrolment-token-file FILE',
    );
  try {
    const { mode } = await stat(tokenFile);
    if ((mode & 0o004) !== 0)
      log(`--enrolment-token-file ${tokenFile} can be read by every user: chmod o-r it`);
    return (await readFile(tokenFile, 'utf8')).trim();
  } catch (error) {
    throw new AgentError('usage', `--enrolment-token-file ${tokenFile}: ${causeOf(error)}`);
  }
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
