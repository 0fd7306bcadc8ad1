import { mkdtemp, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

import { causeOf } from '../../agent-error.ts';
import { writeDurable } from '../../durable-file.ts';
import { readStatus } from '../../status-file.ts';
import { type Identity, readIdentity } from '../../uplink/identity.ts';
import { type Check, fail, ok, warn } from './check.ts';

const freeMegabytes = 128;

/** What the agent keeps, and who it is to the service. */
export async function checkState(stateDir: string): Promise<Check[]> {
  const stats = await stat(stateDir).catch(() => null);
  if (stats?.isDirectory() !== true)
    return [warn('state-dir', `There is no ${stateDir} yet.`, 'The first run makes it.')];
  const { uid, mode } = stats;
  if (uid !== process.geteuid?.() || (mode & 0o022) !== 0) {
    const says = `${stateDir} belongs to another user, or others can write it.`;
    return [fail('state-dir', says, `chown it to the agent's user and chmod go-w ${stateDir}`)];
  }
  const identity = await readIdentity(stateDir).catch((error: unknown) => causeOf(error));
  return [await tryWriting(stateDir), checkIdentity(identity), await checkRunning(stateDir)];
}

async function tryWriting(stateDir: string): Promise<Check> {
  try {
    const trial = await mkdtemp(join(stateDir, 'doctor-'));
    try {
      await writeDurable(join(trial, 'trial'), 'trial\n');
    } finally {
      await rm(trial, { recursive: true });
    }
    const { bavail, bsize } = await statfs(stateDir);
    const megabytes = Math.floor((bavail * bsize) / (1024 * 1024));
    return megabytes >= freeMegabytes
      ? ok('state-dir', `${stateDir} takes writes, and has ${megabytes} MB left.`)
      : warn(
          'state-dir',
          `${stateDir} has only ${megabytes} MB left: the journal keeps to half of that.`,
          `Free ${freeMegabytes} MB, or let the service be reached.`,
        );
  } catch (error) {
    const says = `${stateDir} takes no writes (${causeOf(error)}): nothing can be recorded.`;
    return fail('state-dir', says, 'Free or remount the filesystem, or name another --state-dir.');
  }
}

function checkIdentity(identity: Identity | string | null): Check {
  const advice = 'Give run an enrolment token, or inject the enrolment entry.';
  if (typeof identity === 'string')
    return fail('identity', identity, 'Restore the file or enrol anew.');
  if (identity?.guest == null) return warn('identity', 'This guest is not enrolled.', advice);
  return ok('identity', `Enrolled as guest ${identity.guest} at ${identity.api}.`);
}

async function checkRunning(stateDir: string): Promise<Check> {
  const status = await readStatus(stateDir).catch(() => null);
  if (status?.running === true) return ok('agent', `The agent runs, pid ${status.pid}.`);
  return warn('agent', 'No agent runs with this state directory.', 'Start the agent.');
}

const answerMilliseconds = 5000;
/** What the service allows for requests that are signed by this clock. */
const skewSeconds = 300;

/** Whether the service answers, and how far this clock is from its own. */
export async function checkService(api: string): Promise<Check> {
  try {
    const signal = AbortSignal.timeout(answerMilliseconds);
    const response = await fetch(`${api}/healthz`, { signal, redirect: 'error' });
    await response.body?.cancel();
    if (!response.ok) {
      const says = `${api} answers with ${response.status}: that may be another service.`;
      return warn('service', says, 'Check --api, and whatever stands between.');
    }
    return checkSkew(api, response.headers.get('date'));
  } catch (error) {
    const cause = error instanceof Error ? causeOf(error.cause ?? error) : causeOf(error);
    const says = `${api} cannot be reached (${cause}): observations wait in the journal.`;
    return fail(
      'service',
      says,
      'Check the address, the network, name resolution and certificates.',
    );
  }
}

function checkSkew(api: string, date: string | null): Check {
  const skew = Math.round((Date.now() - Date.parse(date ?? '')) / 1000);
  if (!(Math.abs(skew) > skewSeconds)) return ok('service', `${api} answers.`);
  const says = `${api} answers; this clock differs from its own by ${skew} seconds.`;
  return warn(
    'service',
    says,
    'Start a time service; meanwhile the agent signs by the service’s time.',
  );
}
