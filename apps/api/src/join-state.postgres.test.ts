import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { endpoints } from '@vestige/contract';
import { openLog } from '@vestige/events';
import { newDatabase, type TestDatabase } from '@vestige/events/testing/postgres';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { JoinStates } from './access/join-states.ts';
import { accessStore } from './access/store.ts';
import { JoinedAgent } from './testing/joined-agent.ts';
import { opening, readOf } from './testing/test-agent.ts';
import { startApi, type TestApi } from './testing/test-api.ts';

const guid = '736870e5-84f0-4973-92ec-06879ce3da0b';

let database: TestDatabase;
beforeEach(async () => {
  database = await newDatabase();
});
afterEach(() => database.drop());

const rowOf = (guest: string, round: number) => ({
  guest,
  previous: `${round}`,
  current: `${round + 1}`,
  nonce: '',
  boot: 'boot',
  through: round,
});
const speak = (one: JoinedAgent) => one.observe(0, opening(), randomUUID());

describe('join states in PostgreSQL', () => {
  it('are replaced by exactly one of all who show the same, whatever else is in their statements', async () => {
    const logs = [];
    // One after the other, as they make the tables.
    for (const _ of [1, 2, 3]) logs.push(await openLog({ file: database.url, ...accessStore }));
    const replicas = logs.map(({ dataSource }) => new JoinStates(dataSource));
    const guests = Array.from({ length: 20 }, () => randomUUID());
    for (const round of [0, 1, 2, 3, 4]) {
      const attempts = replicas.flatMap((states, index) =>
        (index === 1 ? guests.toReversed() : guests).map(async (guest) => {
          const row = rowOf(guest, round);
          return { guest, isAdvanced: await states.advance({ ...row, nonce: `${index}` }) };
        }),
      );
      const advanced = (await Promise.all(attempts)).filter(({ isAdvanced }) => isAdvanced);
      expect(advanced.map(({ guest }) => guest).toSorted()).toEqual(guests.toSorted());
    }
    const late = rowOf(guests[0]!, 2);
    expect(await replicas[0]!.advance(late)).toBe(false);
    await replicas[0]!.forget(guests[0]!);
    expect(await replicas[1]!.advance(late)).toBe(true);
    await Promise.all(logs.map((log) => log.close()));
  });
});

describe('a guest before two replicas', () => {
  let replicas: [TestApi, TestApi];
  let agent: JoinedAgent;

  beforeEach(async () => {
    const one = await startApi({ databaseUrl: database.url });
    const logKeyFile = join(one.dataDir, 'log-keys.json');
    replicas = [one, await startApi({ databaseUrl: database.url, logKeyFile })];
    agent = new JoinedAgent(one.url);
    await agent.enrol(await one.token());
    await agent.observe(0, opening());
  });
  afterEach(() => Promise.all(replicas.map((api) => api.close())));

  const at = (replica: 0 | 1) => agent.copy(replicas[replica].url);
  const guest = () => replicas[1].api(endpoints.getGuest, { params: { id: agent.guest } });

  it('that sends the same to both at once is given one state', async () => {
    for (let seq = 3; seq < 23; seq++) {
      const observations = [readOf(guid, seq)];
      const answers = await Promise.all(
        [at(0), at(1), at(0), at(1)].map((copy) => copy.observe(seq, observations)),
      );
      const states = answers.map(({ json }) => String(json.joinState));
      expect([seq, new Set(states).size]).toEqual([seq, 1]);
      agent.joinState = states[0]!;
    }
    expect(await guest()).toMatchObject({ quarantined: false });
  });

  it('that lost an answer of one is given it by the other', async () => {
    // The second has taken this, and remembers it when the first has taken more.
    agent.joinState = (await at(1).observe(3, [readOf(guid, 3)])).json.joinState;
    const lost = at(0);
    await lost.observe(4, [readOf(guid, 4)]);
    const again = at(1);
    const { json } = await again.observe(4, [readOf(guid, 4), readOf(guid, 5)]);
    expect(json).toMatchObject({ ackedThrough: 5, joinState: lost.joinState });
    expect(await guest()).toMatchObject({ quarantined: false });
  });

  it('of which there are two is kept out by both, wherever they speak', async () => {
    const [original, copy] = [at(0), at(1)];
    await Promise.all([speak(original), speak(copy)]);
    expect(await guest()).toMatchObject({ quarantined: true });
    for (const one of [original, copy])
      expect((await speak(one)).json).toMatchObject({ code: 'quarantined' });
    const { items } = await replicas[0].api(endpoints.listEvents, {
      query: { guest: agent.guest, type: 'guest.quarantined' },
    });
    expect(items).toHaveLength(1);
  });
});
