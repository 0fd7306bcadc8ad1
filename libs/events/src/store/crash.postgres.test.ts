import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { newDatabase, type TestDatabase } from '../testing/postgres-database.ts';
import { openReplica } from '../testing/postgres-replica.ts';
import { buildCrashWriter, type CrashWriter, killedWriter, Witness } from './crash-rounds.ts';

const rounds = 20;

let writer: CrashWriter;
let database: TestDatabase;
beforeAll(async () => {
  [writer, database] = await Promise.all([buildCrashWriter(), newDatabase()]);
});
afterAll(async () => {
  writer.remove();
  await database.drop();
});

describe('a log in PostgreSQL, one of whose processes is killed 20 times', () => {
  it('has everything that it acknowledged, once, where it said, and others append on', async () => {
    const replica = await openReplica(database.url);
    const witness = new Witness();
    for (let round = 0; round < rounds; round += 1) {
      const told = await killedWriter(writer, database.url, round);
      expect(await witness.missing(replica.store, told)).toEqual([]);
    }
    await replica.close();
    expect(witness.acknowledged).toBeGreaterThan(rounds * 10);
  });
});
