import { encodeGuid } from '@vestige/secret-area';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { coco, kernel, plant, program, World } from '../run/world.mjs';

// The agent is there before the module is, as where it starts in the initramfs.
const read = '736869e5-84f0-4973-92ec-06879ce3da0b';
const removed = '11111111-1111-4111-8111-111111111111';
const ordered = '22222222-2222-4222-8222-222222222222';
const left = '33333333-3333-4333-8333-333333333333';
const unlinked = 'eeeeeeee-eeee-4eee-8eee-eeeeeeeeeeee';
const secrets = plant(read, removed, unlinked, ordered, left);
const file = (guid) => `${coco}/${guid}`;
const rm = (guid) => `rm ${file(guid)}`;
const removeAndStay = (guid) =>
  `node -e "fs.unlinkSync('${file(guid)}'); setTimeout(() => {}, 10000)"`;
const isDeleterKnown = kernel !== '6.1';

let world;
let guest;
beforeAll(async () => {
  world = await World.start(secrets, { autoload: false });
  ({ guest } = world);
});
afterAll(() => world?.stop());

/** Runs a reader in the guest; gives its pid and what the service then knows of its read. */
async function readBy(command, guid = read) {
  const before = (await world.events('secret.read', guid)).length;
  const pid = Number(await guest.run(`${command} >/dev/null 2>&1 & echo $!; wait $!`));
  const reads = await world.seen(before + 1, 'secret.read', guid);
  return { pid, read: reads.at(-1), count: reads.length - before };
}

it('lists nothing without the module, and says what that can mean', async () => {
  const { sources } = JSON.parse(await guest.run(`${program} scan --json`));
  expect(sources).toMatchObject([
    { source: { kind: 'efi-secret' }, condition: 'absent', secrets: [] },
  ]);
  expect(sources[0].detail).toMatch(/module is not loaded, though the firmware announced/);
});

it('tells that the source is absent, and watches it as soon as the module is loaded', async () => {
  await world.startAgent();
  const [found] = await world.seen(1, 'source.found');
  expect(found).toMatchObject({ condition: 'absent', method: 'none' });
  await guest.run('modprobe efi_secret');
  const [changed] = await world.seen(1, 'source.changed');
  expect(changed).toMatchObject({ condition: 'populated', method: 'fanotify-permission' });
  const discovered = await world.seen(5, 'secret.discovered');
  expect(discovered.map(({ secret }) => secret.guid).toSorted()).toEqual(
    Object.keys(secrets).toSorted(),
  );
});

it.each([
  ['a short-lived cat', `/host/bin/cat ${file(read)}`, '/host/bin/cat'],
  ['a cat that tries sendfile first', `cat ${file(read)}`, '/bin/busybox'],
  ['a dd that reads each byte alone, once', `/host/bin/dd if=${file(read)} bs=1`, '/host/bin/dd'],
  ['node', `node -e "fs.readFileSync('${file(read)}')"`, '/host/bin/node'],
  ['node in its thread pool', `node -e "fs.promises.readFile('${file(read)}')"`, '/host/bin/node'],
])('names %s that read a secret', async (_, command, exe) => {
  const { pid, read: event, count } = await readBy(command);
  expect(event).toMatchObject({ method: 'fanotify-permission', reader: { pid, exe, uid: 0 } });
  expect(count).toBe(1);
});

it('names who read through another mount of securityfs', async () => {
  await guest.run('mkdir /tmp/other; mount -t securityfs securityfs /tmp/other');
  const { pid, read: event } = await readBy(`/host/bin/cat /tmp/other/secrets/coco/${read}`);
  expect(event.reader).toMatchObject({ pid, exe: '/host/bin/cat' });
});

it('never calls a refused open a read, and tells who was refused only where a witness saw it', async () => {
  const before = await world.events('secret.read', read);
  await guest.run(`su nobody -s /bin/sh -c "/host/bin/cat ${file(read)}"`, { status: 1 });
  await readBy(`/host/bin/cat ${file(left)}`, left);
  expect(await world.events('secret.read', read)).toHaveLength(before.length);
  const denied = (await world.events('secret.read-denied', read)).map(({ data }) => data.reader);
  const refused = expect.objectContaining({ uid: 65534, exe: '/host/bin/cat' });
  expect(denied).toEqual(expect.toBeOneOf([[], [refused]]));
});

it.each([
  ['a short-lived rm, of which only its number is left', rm, removed, {}],
  ['a process that lives on', removeAndStay, unlinked, { exe: '/host/bin/node', uid: 0 }],
])(
  'tells that a secret was unlinked, and by whom from Linux 6.8 on or where a witness saw it: %s',
  async (_, remove, guid, known) => {
    const pid = Number(await guest.run(`${remove(guid)} >/dev/null 2>&1 & echo $!`));
    const [{ actor }] = await world.seen(1, 'secret.unlinked', guid);
    const doer = expect.objectContaining({ pid, ...known });
    expect(actor).toEqual(expect.toBeOneOf(isDeleterKnown ? [doer] : [null, doer]));
  },
);

it('follows the module when it is loaded anew', async () => {
  await guest.run('umount /tmp/other; rmmod efi_secret');
  await world.seen(2, 'source.changed');
  await guest.run('modprobe efi_secret');
  const changes = await world.seen(3, 'source.changed');
  expect(changes.at(-1)).toMatchObject({ condition: 'populated', method: 'fanotify-permission' });
  const { pid, read: event } = await readBy(`/host/bin/cat ${file(read)}`);
  expect(event.reader).toMatchObject({ pid, exe: '/host/bin/cat' });
  expect(await world.events('secret.discovered', removed)).toHaveLength(1);
});

it('wipes on order: the GUID and the data are zero in memory, the length is kept, and it stays so', async () => {
  expect(await guest.find(secrets[ordered])).toEqual([{ area: 1, elsewhere: 0 }]);
  const before = await guest.areaBytes();
  const target = await world.wipe(ordered);
  expect(target).toMatchObject({
    state: 'verified',
    evidence: {
      technique: 'securityfs-unlink',
      filesystem: 'securityfs',
      verification: { nameGone: true, holders: [], result: 'pass' },
    },
  });
  const at = before.indexOf(encodeGuid(ordered));
  const expected = Buffer.from(before);
  expected.fill(0, at, at + 16).fill(0, at + 20, at + 20 + secrets[ordered].length);
  expect((await guest.areaBytes()).equals(expected)).toBe(true);
  expect(await guest.find(secrets[ordered])).toEqual([{ area: 0, elsewhere: 0 }]);
});

it('tells of a wiped secret as wiped, never as unlinked or vanished', async () => {
  const events = await world.events(undefined, ordered);
  const wiped = events.findIndex(({ type }) => type === 'secret.wiped');
  const told = events.slice(wiped).map(({ type }) => type);
  expect(told).not.toContain('secret.vanished');
  expect(events.map(({ type }) => type)).not.toContain('secret.unlinked');
});
