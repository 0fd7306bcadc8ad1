import { enrol as enrolEndpoint, ProblemError } from '@vestige/contract';

import { AgentError, causeOf } from '../agent-error.ts';
import { version } from '../version.ts';
import type { Wake } from '../wake.ts';
import type { BackOff } from './back-off.ts';
import { type Identity, publicKeyOf, saveIdentity } from './identity.ts';
import type { LinkStateKeeper } from './link-state.ts';
import type { ServiceLink } from './service-link.ts';
import { troubleOf } from './trouble.ts';

export interface Introduction {
  readonly stateDir: string;
  readonly identity: Identity;
  readonly token: string;
  readonly name: string;
  readonly link: ServiceLink;
  /** What must be on disk before the guest counts as enrolled. */
  readonly beforeSaving?: () => Promise<void>;
}

export interface Enrolment extends Introduction {
  readonly state: LinkStateKeeper;
  readonly backOff: BackOff;
  /** Cuts a wait short. */
  readonly wake: Wake;
  readonly isStopping: () => boolean;
}

/**
 * Introduces the guest until the service answers; null where the agent is to stop before. The key stays the same over
 * all attempts, so a lost answer does not make a second guest. Throws where the service refuses the token.
 */
export async function enrol(enrolment: Enrolment): Promise<Identity | null> {
  const { state, backOff, wake, isStopping } = enrolment;
  state.set('not-enrolled');
  while (!isStopping()) {
    try {
      return await attempt(enrolment);
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble.kind !== 'unreachable') throw refusal(error);
      state.set('unreachable', trouble.detail);
      await wake.wait(backOff.nextMilliseconds());
    }
  }
  return null;
}

/** One attempt; throws where the service cannot be reached, with exit code 3, or refuses the token. */
export async function enrolOnce(introduction: Introduction): Promise<Identity> {
  try {
    return await attempt(introduction);
  } catch (error) {
    const trouble = troubleOf(error);
    if (trouble.kind !== 'unreachable') throw refusal(error);
    throw new AgentError('unreachable', `The service cannot be reached: ${trouble.detail}`);
  }
}

async function attempt({
  stateDir,
  identity,
  token,
  name,
  link,
  beforeSaving,
}: Introduction): Promise<Identity> {
  const body = { token, publicKey: publicKeyOf(identity), name, agentVersion: version };
  const answer = await link.call(enrolEndpoint, { body });
  await beforeSaving?.();
  const enrolled = { ...identity, guest: answer.guest, name: answer.name };
  await saveIdentity(stateDir, enrolled);
  return enrolled;
}

/** The code tells which it was (unknown, used, expired, revoked), whatever the detail says. */
function refusal(error: unknown): AgentError {
  const detail = error instanceof ProblemError ? error.problem.detail : causeOf(error);
  const reason = error instanceof ProblemError ? `${error.problem.code}: ${detail}` : detail;
  return new AgentError('not-allowed', `The service refused to enrol this guest: ${reason}`);
}
