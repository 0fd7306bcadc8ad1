import { issueEnrolmentToken } from '@vestige/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { coco, plant, World } from '../run/world.mjs';

const enrolment = 'ca52112c-90eb-413b-9a70-4dc67d603d55';
const other = 'dddddddd-dddd-4ddd-8ddd-dddddddddddd';
const secrets = plant(other);

let world;
let guest;
let token;
beforeAll(async () => {
  world = await World.start(async ({ system, apiInGuest: api }) => {
    ({ token } = await system.api(issueEnrolmentToken, { body: {} }));
    return { ...secrets, [enrolment]: Buffer.from(JSON.stringify({ api, token })) };
  });
  ({ guest } = world);
});
afterAll(() => world?.stop());

it('enrols by the entry of the secret area, which it says that it read', async () => {
  await world.startAgentWith();
  const [read] = await world.seen(1, 'secret.read', enrolment);
  expect(read).toMatchObject({ method: 'none', reader: { exe: '/host/bin/node', uid: 0 } });
  expect(await world.events('guest.enrolled')).toHaveLength(1);
});

it('wipes the entry then, with evidence, and leaves the others', async () => {
  const [wiped] = await world.seen(1, 'secret.wiped', enrolment);
  expect(wiped.evidence.verification).toMatchObject({ nameGone: true, result: 'pass' });
  expect((await guest.run(`ls ${coco}`)).trim()).toBe(other);
  const area = await guest.areaBytes();
  expect(area.includes(token)).toBe(false);
  expect(await guest.find(secrets[other])).toEqual([{ area: 1, elsewhere: 0 }]);
});

it('keeps the token in no file', async () => {
  const coded = Buffer.from(token).toString('base64');
  const search = `grep -rlF "$(echo ${coded} | base64 -d)" /run/vestige 2>/dev/null`;
  // Its socket cannot be read, of which grep complains.
  const { output } = await guest.try(search);
  expect(output).toBe('');
});
