import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { allEvents } from './events.ts';
import { System } from './system.ts';
import { until } from './until.ts';

const run = promisify(execFile);
const guid = '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d';

describe('the service, killed during a stream of reads', () => {
  const system = new System();
  let secret = '';

  beforeAll(async () => {
    await system.startApi();
    const directory = system.layDown('coco', { [guid]: randomBytes(32) });
    await system.startAgent('crash-guest', [`efi-secret:${directory}`]);
    secret = join(directory, guid);
  });
  afterAll(() => system.stop());

  const read = async (times: number): Promise<void> => {
    for (let n = 0; n < times; n += 1) await run('cat', [secret], { encoding: 'buffer' });
  };
  const readsInLog = async (atLeast: number): Promise<number | undefined> => {
    const { length } = await allEvents(system.api, 'secret.read');
    return length >= atLeast ? length : undefined;
  };

  it('loses no acknowledged event, duplicates none, and gets those that it missed', async () => {
    await read(20);
    const streaming = read(150);
    await until('reads that arrive during the stream', () => readsInLog(30));
    const acknowledged = await allEvents(system.api);
    await system.killApi();
    await system.startApi();
    expect((await allEvents(system.api)).slice(0, acknowledged.length)).toEqual(acknowledged);
    await system.killApi();
    await streaming;
    await system.startApi();
    await until('the reads of the whole stream', () => readsInLog(170));

    const events = await allEvents(system.api);
    const observed = events.filter((event) => event.seq !== undefined);
    expect(events.map((event) => event.position)).toEqual(events.map((_, index) => index));
    expect(observed.map((event) => event.seq)).toEqual(observed.map((_, index) => index));
    expect(new Set(events.map((event) => event.id)).size).toBe(events.length);
    expect(events.filter((event) => event.type === 'secret.read')).toHaveLength(170);
  });
});
