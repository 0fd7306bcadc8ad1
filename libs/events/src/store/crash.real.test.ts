import { join } from 'node:path';

import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { buildCrashWriter, type CrashWriter, killedWriter, Witness } from './crash-rounds.ts';
import { openSqliteStore, schema } from './sqlite.ts';
import { Writer } from './writer.ts';

const lanes = 2;
const roundsOfLane = 100;

let writer: CrashWriter;
beforeAll(async () => {
  writer = await buildCrashWriter();
});
afterAll(() => writer.remove());

describe('a log whose process is killed 200 times', () => {
  it('has everything that it acknowledged, once, where it said', { timeout: 120_000 }, async () => {
    const acknowledged = await Promise.all(
      Array.from({ length: lanes }, async (_, lane) => {
        const file = join(writer.directory, `log-${lane}.db`);
        const witness = new Witness();
        for (let round = 0; round < roundsOfLane; round += 1) {
          const told = await killedWriter(writer, file, round);
          const db = new Database(file);
          // It may have been killed before it had made the tables, or all of them.
          db.exec(schema);
          const store = openSqliteStore(db, new Writer(db));
          expect(await witness.missing(store, told)).toEqual([]);
          expect(await store.size()).toBe(witness.size);
          db.close();
        }
        return witness.acknowledged;
      }),
    );
    expect(Math.min(...acknowledged)).toBeGreaterThan(roundsOfLane * 10);
  });
});
