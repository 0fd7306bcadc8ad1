import type { CatalogueData, Policy } from '@vestige/contract';
import { describe, it } from 'vitest';

import type { Decision } from '../decider.ts';
import { given } from '../testing/given.ts';
import { catalogueDecider } from './decide.ts';

const policy: Policy = {
  allow: [{ exe: '/usr/sbin/cryptsetup', uid: 0 }],
  maxReads: 1,
  wipeAfterReads: null,
  wipeAfterSeconds: 600,
};
const diskKey: CatalogueData = {
  name: 'disk key',
  purpose: 'opens the root volume',
  owner: 'platform',
  classification: 'restricted',
  escrow: 'yes',
  policy: null,
};
const declared: Decision = { type: 'catalogue.declared', data: diskKey };
const withdrawn: Decision = { type: 'catalogue.withdrawn', data: {} };
const declare = (changed: Partial<CatalogueData> = {}) =>
  ({ type: 'Declare', data: { ...diskKey, ...changed } }) as const;
const withdraw = { type: 'Withdraw' } as const;

describe('declaring a GUID', () => {
  it('makes it known', () => {
    given(catalogueDecider).when(declare()).thenDecides(declared);
  });
  it('revises what was declared before', () => {
    given(catalogueDecider, declared)
      .when(declare({ policy }))
      .thenDecides({ type: 'catalogue.revised', data: { ...diskKey, policy } });
  });
  it('changes nothing where the same is declared, in whatever order it is said', () => {
    const { name, ...rest } = diskKey;
    given(catalogueDecider, declared)
      .when({ type: 'Declare', data: { ...rest, name } })
      .thenNothing();
    given(catalogueDecider, declared, { type: 'catalogue.revised', data: { ...diskKey, policy } })
      .when(declare({ policy }))
      .thenNothing();
  });
  it('declares anew what was withdrawn, also where it is the same', () => {
    given(catalogueDecider, declared, withdrawn).when(declare()).thenDecides(declared);
  });
});

describe('withdrawing a GUID', () => {
  it('ends what was declared', () => {
    given(catalogueDecider, declared).when(withdraw).thenDecides(withdrawn);
  });
  it('does nothing a second time', () => {
    given(catalogueDecider, declared, withdrawn).when(withdraw).thenNothing();
  });
  it('refuses one of which nothing was ever declared', () => {
    given(catalogueDecider).when(withdraw).thenRefused('guid-undeclared');
  });
  it('is not moved by events of other kinds', () => {
    given(catalogueDecider, { type: 'session.closed', data: {} })
      .when(withdraw)
      .thenRefused('guid-undeclared');
  });
});
