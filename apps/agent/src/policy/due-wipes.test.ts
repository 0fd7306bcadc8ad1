import type { Policy, SecretRef } from '@vestige/contract';
import { describe, expect, it } from 'vitest';

import { emptyLedger, type Ledger } from '../ledger/ledger.ts';
import { secretKey } from '../source/secret-source.ts';
import { dueWipes } from './due-wipes.ts';

const guid = 'ca52112c-90eb-413b-9a70-4dc67d603d55';
const secret: SecretRef = { source: { kind: 'efi-secret', path: '/s' }, name: guid, guid };

function ledgerWith(reads: number, isPresent = true): Ledger {
  const ledger = emptyLedger('11111111-2222-4333-8444-555555555555');
  ledger.secrets.set(secretKey(secret), { secret, isPresent });
  ledger.reads.set(secretKey(secret), reads);
  return ledger;
}

function due(policy: Partial<Policy>, ledger: Ledger, seconds = 0): unknown[] {
  const silent = { allow: null, maxReads: null, wipeAfterReads: null, wipeAfterSeconds: null };
  return dueWipes([{ guid, version: 3, policy: { ...silent, ...policy } }], ledger, seconds);
}

describe('dueWipes', () => {
  it('is due after so many reads, and not before', () => {
    const policy = { wipeAfterReads: 2 };
    expect(due(policy, ledgerWith(1))).toEqual([]);
    expect(due(policy, ledgerWith(2))).toEqual([{ secret, version: 3, cause: 'reads' }]);
  });

  it('is due after so many seconds of the boot, and not before', () => {
    const policy = { wipeAfterSeconds: 60 };
    expect(due(policy, ledgerWith(0), 59.9)).toEqual([]);
    expect(due(policy, ledgerWith(0), 60)).toEqual([{ secret, version: 3, cause: 'seconds' }]);
  });

  it('is due once: what is gone, or has no policy, is not', () => {
    expect(due({ wipeAfterReads: 1 }, ledgerWith(5, false))).toEqual([]);
    expect(due({}, ledgerWith(5), 1e9)).toEqual([]);
    expect(dueWipes([], ledgerWith(5), 1e9)).toEqual([]);
  });
});
