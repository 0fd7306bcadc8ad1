import type { Policy, Reader, SecretRef } from '@vestige/contract';
import { describe, expect, it } from 'vitest';

import { secretKey } from '../source/secret-source.ts';
import { ReaderPolicies } from './reader-policies.ts';

const guid = 'ca52112c-90eb-413b-9a70-4dc67d603d55';
const other = '736869e5-84f0-4973-92ec-06879ce3da0b';
const named = (name: string): SecretRef => ({
  source: { kind: 'efi-secret', path: '/s' },
  name,
  guid: name,
});
const reader: Reader = {
  pid: 7,
  startTime: 1,
  exe: '/bin/cat',
  comm: 'cat',
  uid: 0,
  gid: 0,
  loginuid: null,
  cgroup: null,
  unit: null,
  container: null,
};
const silent: Policy = {
  allow: null,
  maxReads: null,
  wipeAfterReads: null,
  wipeAfterSeconds: null,
};

function policies(policy: Partial<Policy>, isSameProgram = true): ReaderPolicies {
  const made = new ReaderPolicies(() => isSameProgram);
  made.set([{ guid, version: 3, policy: { ...silent, ...policy } }]);
  return made;
}

describe('ReaderPolicies', () => {
  it('refuses nobody without policies, and nobody the secrets that none is about', () => {
    expect(new ReaderPolicies().refusals([named(guid)], null)).toEqual([]);
    expect(policies({ allow: [] }).refusals([named(other)], reader)).toEqual([]);
  });

  it('counts each read and goes on from those before it was there', () => {
    const made = policies({ maxReads: 3 });
    made.setReads(new Map([[secretKey(named(guid)), 2]]));
    expect(made.refusals([named(guid)], reader)).toEqual([]);
    made.countRead(named(guid));
    expect(made.refusals([named(guid)], reader)).toHaveLength(1);
  });

  it('refuses an image for the policy of one of its entries', () => {
    const refusals = policies({ allow: [] }).refusals([named(other), named(guid)], reader);
    expect(refusals.map(({ secret }) => secret.name)).toEqual([guid]);
  });

  it('does not take another program of the same path for the one that is named', () => {
    const allow = [{ exe: '/bin/cat' }];
    expect(policies({ allow }, true).refusals([named(guid)], reader)).toEqual([]);
    expect(policies({ allow }, false).refusals([named(guid)], reader)).toHaveLength(1);
  });
});
