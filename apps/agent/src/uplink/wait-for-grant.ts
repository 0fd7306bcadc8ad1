import { causeOf } from '../agent-error.ts';
import { JournalError } from '../journal/journal-error.ts';
import type { Wake } from '../wake.ts';
import type { EnrolmentEntry, Grant } from './enrolment-entry.ts';
import type { LinkStateKeeper } from './link-state.ts';

export interface WaitForGrantOptions {
  readonly entry: Pick<EnrolmentEntry, 'read'>;
  readonly exclusively: <T>(task: () => Promise<T>) => Promise<T>;
  readonly state: LinkStateKeeper;
  /** Cuts a wait short. */
  readonly wake: Wake;
  readonly isStopping: () => boolean;
}

/** The kernel does not announce its secrets; what the sources list is known by then. */
const lookMilliseconds = 500;

/**
 * What the enrolment entry holds, once there is one; null where the agent is to stop before. An entry that cannot be used is
 * told and not read again: the agent goes on without the service, and a person has to look.
 */
export async function waitForGrant(options: WaitForGrantOptions): Promise<Grant | null> {
  const { entry, exclusively, state, wake, isStopping } = options;
  state.set('not-enrolled', 'waiting for the enrolment entry in the secret area');
  let isUnusable = false;
  while (!isStopping()) {
    try {
      const grant = isUnusable ? null : await exclusively(() => entry.read());
      if (grant !== null) return grant;
    } catch (error) {
      // A journal without room may have some later, and without it the entry was not read.
      isUnusable = !(error instanceof JournalError);
      state.set(isUnusable ? 'refused' : 'not-enrolled', causeOf(error));
    }
    await wake.wait(isUnusable ? undefined : lookMilliseconds);
  }
  return null;
}
