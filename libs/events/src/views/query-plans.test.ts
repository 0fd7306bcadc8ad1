import type Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Log } from '../log.ts';
import { openLog } from '../open-log.ts';
import { GuestStory } from '../testing/guest-story.ts';
import { queryEvents } from './query-events.ts';
import { overdueWipes } from './query-wipes.ts';

const now = new Date('2026-01-31T12:30:00.000Z');
let log: Log;
beforeEach(async () => {
  log = await openLog({ file: ':memory:', clock: () => now });
});
afterEach(() => log.close());

describe('events in SQLite', () => {
  it('are found through indexes only', async () => {
    const plan: { detail: string }[] = await log.dataSource.query(
      `EXPLAIN QUERY PLAN SELECT * FROM event_index_view WHERE guid = 'x' AND position > 1 ORDER BY position LIMIT 9`,
    );
    expect(plan.map(({ detail }) => detail).join()).toMatch(
      /^SEARCH .* USING INDEX event_index_view_guid/,
    );
  });

  it('of one secret are found by it, whatever else is asked for', async () => {
    const { driver } = log.dataSource as unknown as {
      driver: { databaseConnection: Database.Database };
    };
    const prepare = vi.spyOn(driver.databaseConnection, 'prepare');
    const guest = new GuestStory();
    const about = { secret: guest.secret('a'), type: 'secret.read', guest: guest.guest } as const;
    await queryEvents(log.dataSource, { limit: 9, ...about });
    await overdueWipes(log.dataSource, now.toISOString());
    const asked = prepare.mock.calls.map(([sql]) => sql).filter((sql) => sql.startsWith('SELECT'));
    prepare.mockRestore();
    const plans = asked.map((sql) => {
      const plan = driver.databaseConnection.prepare(`EXPLAIN QUERY PLAN ${sql}`);
      const values = Array.from({ length: sql.split('?').length - 1 }, () => 1);
      return (plan.all(...values) as { detail: string }[]).map(({ detail }) => detail).join();
    });
    expect(plans).toEqual([
      expect.stringMatching(/^SEARCH mention USING COVERING INDEX/),
      expect.stringMatching(/^SEARCH wipe_view USING INDEX wipe_view_state/),
    ]);
  });
});
