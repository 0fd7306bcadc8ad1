import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';

import { openLog } from '@vestige/events';
import { expect, it, vi } from 'vitest';

import { JoinStates } from '../access/join-states.ts';
import { EventLog } from '../log/event-log.ts';
import { KeptCheckpoint } from '../log/kept-checkpoint.ts';
import { Lifecycle } from '../log/lifecycle.ts';
import { LogGuard } from '../log/log-guard.ts';
import { OpenOrders } from './open-orders.ts';
import { Quarantine } from './quarantine.ts';

it('long polls look again when an order is released, not whenever the log grows', async () => {
  const log = await openLog({ file: ':memory:' });
  const eventLog = new EventLog(log);
  const orders = new OpenOrders(
    eventLog,
    new Lifecycle(eventLog, new LogGuard(new KeptCheckpoint('none'))),
    new Quarantine(eventLog, new JoinStates(log.dataSource)),
  );
  const responses = Array.from({ length: 20 }, () => new EventEmitter());
  const polls = responses.map((response) =>
    orders.wait(randomUUID(), { after: -1, wait: 30 }, response as ServerResponse),
  );
  await log.followers.settled();
  const looks = vi.spyOn(log.dataSource, 'createQueryRunner');
  for (let round = 0; round < 4; round++) {
    await eventLog.record('service.stopped', 'service', { kind: 'service' }, {});
    const before = looks.mock.calls.length;
    await expect.poll(() => looks.mock.calls.length).toBeGreaterThan(before);
  }
  expect(looks.mock.calls.length).toBeLessThan(20);
  for (const response of responses) response.emit('close');
  expect(await Promise.all(polls)).toEqual(polls.map(() => ({ orders: [], next: -1 })));
  await log.close();
});
