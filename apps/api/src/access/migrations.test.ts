import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openLog } from '@vestige/events';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { JoinStates } from './join-states.ts';
import { accessStore } from './store.ts';
import { Operators } from './tables.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vestige-access-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('a database of the first version is brought forward with what is in it', async () => {
  const file = join(folder, 'vestige.db');
  const [first] = accessStore.migrations;
  const old = await openLog({ file, entities: accessStore.entities, migrations: [first] });
  const ada = { id: 'ada', name: 'ada', role: 'admin', passwordHash: null, createdAt: 1 } as const;
  await old.dataSource.getRepository(Operators).insert(ada);
  await old.close();
  for (const _ of [1, 2]) {
    const log = await openLog({ file, ...accessStore });
    const row = { guest: 'g', current: '1', previous: '0', nonce: '', boot: 'b', through: 3 };
    const states = new JoinStates(log.dataSource);
    await states.advance(row);
    expect(await states.find('g')).toEqual(row);
    expect(await log.dataSource.getRepository(Operators).find()).toEqual([ada]);
    await log.close();
  }
});
