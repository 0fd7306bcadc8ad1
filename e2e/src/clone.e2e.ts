import { randomBytes, randomUUID } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { getGuest, listGuests, releaseGuest, type Guest } from '@vestige/contract';
import type { Child } from '@vestige/tools/children';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { allEvents } from './events.ts';
import { System } from './system.ts';
import { until } from './until.ts';

const guid = '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d';

describe('two machines from the image of one guest', () => {
  const system = new System();
  const agents = new Map<string, Child>();
  let id = '';

  beforeAll(() => system.startApi());
  afterAll(() => system.stop());

  const stateDir = (name: string): string => join(system.folder, name);
  const guest = (): Promise<Guest> => system.api(getGuest, { params: { id } });
  const standingOf = (name: string): string => {
    const status = JSON.parse(readFileSync(join(stateDir(name), 'status.json'), 'utf8')) as {
      uplink: { standing: string };
    };
    return status.uplink.standing;
  };

  /** Another machine of which the agent's state is the same: its boot is another. */
  async function boot(name: string): Promise<void> {
    const bootId = join(system.folder, `${name}.boot-id`);
    writeFileSync(bootId, `${randomUUID()}\n`);
    const agent = system.children.start(name, [
      'apps/agent/dist/main.js',
      'run',
      `--api=${system.apiUrl}`,
      `--state-dir=${stateDir(name)}`,
      `--boot-id-file=${bootId}`,
      `--source=efi-secret:${join(system.folder, 'coco')}`,
    ]);
    await agent.line(/watched by/);
    agents.set(name, agent);
  }

  async function end(name: string, signal: NodeJS.Signals): Promise<void> {
    const agent = agents.get(name)!;
    const gone = new Promise((resolve) => agent.process.once('exit', resolve));
    agent.process.kill(signal);
    await gone;
  }

  it('are both kept out as soon as both have spoken, and one goes on when it is released', async () => {
    const coco = system.layDown('coco', { [guid]: randomBytes(32) });
    agents.set('original', await system.startAgent('original', [`efi-secret:${coco}`]));
    id = await until('the guest', async () => {
      const { items } = await system.api(listGuests, { query: {} });
      return items.find(({ secrets }) => secrets.present === 1)?.id;
    });
    await end('original', 'SIGTERM');
    cpSync(stateDir('original'), stateDir('copy'), { recursive: true });

    await boot('original');
    const boots = async (): Promise<number> => (await allEvents(system.api, 'guest.booted')).length;
    await until('the second boot', async () => ((await boots()) === 2 ? true : undefined));
    expect(await guest()).toMatchObject({ presence: 'online', quarantined: false });

    await boot('copy');
    await until('the quarantine', async () => ((await guest()).quarantined ? true : undefined));
    const [quarantined, ...more] = await allEvents(system.api, 'guest.quarantined');
    expect(quarantined).toMatchObject({ guest: id, data: { reason: 'clone-suspected' } });
    expect(more).toEqual([]);
    expect(await boots()).toBe(2);

    await end('original', 'SIGKILL');
    await boot('original');
    for (const name of ['original', 'copy'])
      await until(`the trouble of ${name}`, async () =>
        standingOf(name) === 'refused' ? true : undefined,
      );
    expect(await boots()).toBe(2);

    await end('copy', 'SIGKILL');
    const body = { reason: 'the copy is gone' };
    await system.api(releaseGuest, { params: { id }, body });
    // Without being started again: it asks every minute or so.
    await until('the third boot', async () => ((await boots()) === 3 ? true : undefined), 90);
    expect(await guest()).toMatchObject({ presence: 'online', quarantined: false });
    expect(standingOf('copy')).toBe('refused');
  });
});
