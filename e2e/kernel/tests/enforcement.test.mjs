import { putCatalogueEntry } from '@vestige/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { coco, plant, World } from '../run/world.mjs';

const forOne = '88888888-8888-4888-8888-888888888888';
const once = '99999999-9999-4999-8999-999999999999';
const briefly = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const secrets = plant(forOne, once, briefly);
const file = (guid) => `${coco}/${guid}`;
const clean = { area: 0, elsewhere: 0 };
const noRule = { allow: null, maxReads: null, wipeAfterReads: null, wipeAfterSeconds: null };

let world;
let guest;
beforeAll(async () => {
  world = await World.start(secrets, { autoload: false });
  ({ guest } = world);
  await declare(forOne, { allow: [{ exe: '/host/bin/cat' }] });
  await declare(once, { wipeAfterReads: 1 });
  await declare(briefly, { wipeAfterSeconds: 1 });
});
afterAll(() => world?.stop());

function declare(guid, policy) {
  const about = { purpose: '', owner: '', classification: 'restricted', escrow: 'unknown' };
  const body = { name: guid, ...about, policy: { ...noRule, ...policy } };
  return world.system.api(putCatalogueEntry, { params: { guid }, body });
}

it('takes the policies before the first reader', async () => {
  await world.startAgent('--mode=enforce');
  const [taken] = await world.seen(1, 'agent.policies-taken');
  expect(taken.count).toBe(3);
  await guest.run('modprobe efi_secret');
  await world.seen(3, 'secret.discovered');
});

it('refuses a reader with EPERM before its first byte, and tells who it was', async () => {
  const { status, output } = await guest.try(`/host/bin/dd if=${file(forOne)} of=/dev/null`);
  expect(status).toBe(1);
  expect(output).toMatch(/Operation not permitted/);
  const [denied] = await world.seen(1, 'secret.read-denied', forOne);
  expect(denied.reader).toMatchObject({ exe: '/host/bin/dd', uid: 0 });
  expect(await guest.find(secrets[forOne])).toEqual([{ area: 1, elsewhere: 0 }]);
  expect(await world.events('secret.read', forOne)).toEqual([]);
});

it('lets the reader through that the policy names', async () => {
  await guest.run(`/host/bin/cat ${file(forOne)} >/dev/null`);
  const [read] = await world.seen(1, 'secret.read', forOne);
  expect(read.reader).toMatchObject({ exe: '/host/bin/cat' });
});

it('wipes a secret after so many reads', async () => {
  await guest.run(`/host/bin/cat ${file(once)} >/dev/null`);
  const [wiped] = await world.seen(1, 'secret.wiped', once);
  expect(wiped).toMatchObject({ order: null, policy: { cause: 'reads' } });
  const [{ area }] = await guest.find(secrets[once]);
  expect(area).toBe(0);
});

it('wipes a secret so many seconds after the boot, and nobody read it: it is nowhere in memory', async () => {
  const [wiped] = await world.seen(1, 'secret.wiped', briefly);
  expect(wiped).toMatchObject({ order: null, policy: { cause: 'seconds' } });
  expect(wiped.evidence.verification).toMatchObject({ nameGone: true, result: 'pass' });
  expect(await guest.find(secrets[briefly])).toEqual([clean]);
});

it('refuses also while the service is away, and tells it later', async () => {
  await world.system.killApi();
  const { status } = await guest.try(`/host/bin/dd if=${file(forOne)} of=/dev/null`);
  expect(status).toBe(1);
  await world.system.startApi();
  const denied = await world.seen(2, 'secret.read-denied', forOne);
  expect(denied.at(-1).reader).toMatchObject({ exe: '/host/bin/dd' });
});
