import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { coco, kernel, plant, program, stateDir, World } from '../run/world.mjs';

// The agent comes when the module has long been loaded, and some have the secrets open or have read them.
const untouched = '44444444-4444-4444-8444-444444444444';
const unread = '55555555-5555-4555-8555-555555555555';
const partly = '66666666-6666-4666-8666-666666666666';
const other = '77777777-7777-4777-8777-777777777777';
const secrets = plant(untouched, unread, partly, other);
const file = (guid) => `${coco}/${guid}`;
const readOther = `/host/bin/cat ${file(other)} >/dev/null`;
/** Whether the kernel asks about reads through a descriptor that was opened when nobody was to be asked. */
const isHeldAfterwards = kernel === '6.1';
const clean = { area: 0, elsewhere: 0 };

/** The bound on how long a reader may be held, and what starting a program and emulation add. */
const boundSeconds = 2;
const slackSeconds = 1;

let world;
let guest;
beforeAll(async () => {
  world = await World.start(secrets);
  ({ guest } = world);
});
afterAll(() => world?.stop());

/** A process that opens a secret now, and reads `first` bytes of it now and the rest when it is told to. */
function openNow(name, guid, first) {
  const script = `const fd = fs.openSync('${file(guid)}');
    const read = (length) => fs.readSync(fd, Buffer.alloc(length));
    const go = '/tmp/${name}.go';
    if (${first} > 0) read(${first});
    fs.writeFileSync('/tmp/${name}.open', '');
    const wait = setInterval(() => {
      if (!fs.existsSync(go)) return;
      fs.unlinkSync(go);
      fs.writeFileSync('/tmp/${name}.read', String(read(4096)));
    }, 50);`;
  const wait = `until [ -e /tmp/${name}.open ]; do sleep 0.1; done`;
  return guest.run(`node -e "${script}" >/tmp/${name}.log 2>&1 & echo $!; ${wait}`).then(Number);
}

const readOn = (name) =>
  guest.run(
    `touch /tmp/${name}.go; until [ -s /tmp/${name}.read ]; do sleep 0.1; done; cat /tmp/${name}.read`,
  );

let unreadPid;
let partlyPid;

it('tells of the time before it as unknown prior access', async () => {
  unreadPid = await openNow('unread', unread, 0);
  partlyPid = await openNow('partly', partly, 8);
  await guest.run(readOther);
  await world.startAgent();
  const [gap] = await world.seen(1, 'agent.gap');
  expect(gap).toMatchObject({ reason: 'before-agent-start' });
  const [found] = await world.seen(1, 'source.found');
  expect(found).toMatchObject({ condition: 'populated', method: 'fanotify-permission' });
  await world.seen(4, 'secret.discovered');
  expect(await world.events('secret.read')).toEqual([]);
});

it('names who reads through a descriptor that was opened before', async () => {
  expect(Number(await readOn('unread'))).toBe(secrets[unread].length);
  const [read] = await world.seen(1, 'secret.read', unread);
  expect(read.reader).toMatchObject({ pid: unreadPid, exe: '/host/bin/node' });
  expect(read.method).toBe(isHeldAfterwards ? 'fanotify-permission' : 'fanotify');
});

it('names in the evidence of a wipe who still holds the secret open, and does not call that verified', async () => {
  const target = await world.wipe(partly);
  expect(target.state).toBe('failed');
  expect(target.evidence.verification).toMatchObject({
    nameGone: true,
    result: 'fail',
    holders: [{ pid: partlyPid, exe: '/host/bin/node' }],
  });
  // The kernel gives the rest of the real secret out of the buffer of that open file.
  expect(Number(await readOn('partly'))).toBe(secrets[partly].length - 8);
});

it('leaves no copy of a secret that it watched and wiped and that nobody read', async () => {
  const [before] = await guest.find(secrets[untouched]);
  expect(before).toEqual({ area: 1, elsewhere: 0 });
  const target = await world.wipe(untouched);
  expect(target.state).toBe('verified');
  expect(await guest.find(secrets[untouched])).toEqual([clean]);
  expect(await world.events('secret.read', untouched)).toEqual([]);
});

/** Reads until the service knows of one read more: of an agent that resumed, only that says that it watches again. */
async function readUntilSeen() {
  const before = await world.events('secret.read', other);
  const isSeen = async () => {
    await guest.run(`${readOther}; sleep 1`);
    expect((await world.events('secret.read', other)).length).toBeGreaterThan(before.length);
  };
  await vi.waitFor(isSeen, { timeout: 60_000, interval: 1000 });
}

it('holds no reader longer than its bound where it is stopped, and tells who it was', async () => {
  await world.stopAgent();
  await world.startAgentWith();
  await readUntilSeen();
  const before = await world.events('secret.read', other);
  const started = 'read -r from rest </proc/uptime';
  const ended = 'read -r to rest </proc/uptime; echo "$from $to"';
  const stop = 'kill -STOP $(cat /run/agent.pid)';
  const times = await guest.run(`${stop}; ${started}; ${readOther}; ${ended}`);
  const [from, to] = times.split(' ').map(Number);
  expect(to - from).toBeLessThan(boundSeconds + slackSeconds);
  await world.seen(before.length + 1, 'secret.read', other);
});

it('tells after it was killed for how long it saw nothing', async () => {
  await guest.run('kill -KILL $(cat /run/agent.pid)');
  await guest.run("until grep -q 'exit code 137' /run/agent.log; do sleep 0.1; done");
  await readUntilSeen();
  const gaps = await world.events('agent.gap');
  expect(gaps.at(-1).data).toMatchObject({ reason: 'agent-down' });
  const [read] = (await world.events('secret.read', other)).slice(-1);
  expect(read.data.reader).toMatchObject({ exe: '/host/bin/cat' });
});

it('wipes at once on the word of the guest’s own root, and tells it as such', async () => {
  await guest.run(`kill ${unreadPid}`);
  await guest.run(`${program} wipe ${unread} --state-dir ${stateDir} --yes --json`);
  const [wiped] = await world.seen(1, 'secret.wiped', unread);
  expect(wiped).toMatchObject({ order: null, evidence: { verification: { result: 'pass' } } });
  const [{ area }] = await guest.find(secrets[unread]);
  expect(area).toBe(0);
});

it('lists an area without secrets as empty once the last is wiped', async () => {
  await world.wipe(other);
  const { sources } = JSON.parse(await guest.run(`${program} scan --json`));
  expect(sources).toMatchObject([{ condition: 'empty', secrets: [] }]);
  const area = await guest.areaBytes();
  for (const data of Object.values(secrets)) expect(area.includes(data)).toBe(false);
});
