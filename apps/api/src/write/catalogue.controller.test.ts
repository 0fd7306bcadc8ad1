import 'reflect-metadata';
import { randomUUID } from 'node:crypto';

import { policiesMax, type CatalogueData } from '@vestige/contract';
import { openLog, policiesInForce, type NewEvent } from '@vestige/events';
import { expect, it } from 'vitest';

import type { Person } from '../http/caller.ts';
import { EventLog } from '../log/event-log.ts';
import { CatalogueWriteController } from './catalogue.controller.ts';

const admin: Person = {
  kind: 'token',
  id: 'admin',
  name: 'admin',
  role: 'admin',
  expiresAt: null,
  session: null,
};
const ruled: CatalogueData = {
  name: 'key',
  purpose: '',
  owner: '',
  classification: 'internal',
  escrow: 'no',
  policy: { allow: null, maxReads: 1, wipeAfterReads: null, wipeAfterSeconds: null },
};

function declared(guid: string): NewEvent {
  const at = '2026-01-01T00:00:00.000Z';
  const actor = { kind: 'service' } as const;
  const stream = `catalogue-${guid}`;
  return { id: randomUUID(), type: 'catalogue.declared', stream, at, actor, data: ruled };
}

it('never are more policies in force than a guest can be given, also when many are put at once', async () => {
  const log = await openLog({ file: ':memory:' });
  const controller = new CatalogueWriteController(new EventLog(log));
  const put = (guid: string, body = ruled) => controller.put({ params: { guid }, body }, admin);
  const guids = Array.from({ length: policiesMax - 1 }, () => randomUUID());
  await log.store.append(guids.map(declared));
  const outcomes = await Promise.allSettled([1, 2, 3].map(() => put(randomUUID())));
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect((await policiesInForce(log.dataSource)).policies).toHaveLength(policiesMax);
  await expect(put(randomUUID())).rejects.toMatchObject({ code: 'invalid-request' });
  // What has one already may have another, and what has none may be declared.
  await put(guids[0]!, { ...ruled, owner: 'platform' });
  await put(randomUUID(), { ...ruled, policy: null });
  await log.close();
});
