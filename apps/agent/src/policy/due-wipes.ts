import type { GuidPolicy, PolicyCause, SecretRef } from '@vestige/contract';

import type { Ledger } from '../ledger/ledger.ts';
import { secretKey } from '../source/secret-source.ts';

export interface DueWipe {
  readonly secret: SecretRef;
  readonly version: number;
  readonly cause: PolicyCause;
}

/** The secrets that a policy wants gone by now and that are still there. */
export function dueWipes(
  policies: readonly GuidPolicy[],
  ledger: Pick<Ledger, 'secrets' | 'reads'>,
  secondsSinceBoot: number,
): DueWipe[] {
  const byGuid = new Map(policies.map((policy) => [policy.guid, policy]));
  return [...ledger.secrets.values()].flatMap(({ secret, isPresent }): DueWipe[] => {
    const known = byGuid.get(secret.guid ?? '');
    if (known === undefined || !isPresent) return [];
    const { wipeAfterReads, wipeAfterSeconds } = known.policy;
    const reads = ledger.reads.get(secretKey(secret)) ?? 0;
    const { version } = known;
    if (wipeAfterSeconds !== null && secondsSinceBoot >= wipeAfterSeconds)
      return [{ secret, version, cause: 'seconds' }];
    if (wipeAfterReads !== null && reads >= wipeAfterReads)
      return [{ secret, version, cause: 'reads' }];
    return [];
  });
}
