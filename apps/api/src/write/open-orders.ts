import type { ServerResponse } from 'node:http';

import { Injectable } from '@nestjs/common';
import type { Answer, endpoints } from '@vestige/contract';
import { openOrders } from '@vestige/events';
import {
  auditTime,
  concat,
  exhaustMap,
  filter,
  firstValueFrom,
  from,
  fromEvent,
  merge,
  of,
  take,
  takeUntil,
  timer,
} from 'rxjs';

import { EventLog } from '../log/event-log.ts';
import { Lifecycle } from '../log/lifecycle.ts';

type Orders = Answer<(typeof endpoints)['orders']>;

/** Growth within this time wakes a poll once. */
const coalesceMs = 50;

/** Long polls of agents: answered from the views, woken by the log's growth. */
@Injectable()
export class OpenOrders {
  constructor(
    private readonly log: EventLog,
    private readonly lifecycle: Lifecycle,
  ) {}

  /** Ends with the first orders, after the wait, when the agent hangs up, or when the service stops. */
  wait(
    guest: string,
    { after, wait }: { after: number; wait: number },
    response: ServerResponse,
  ): Promise<Orders> {
    const none: Orders = { orders: [], next: after };
    const ends = merge(timer(wait * 1000), this.lifecycle.stopping, fromEvent(response, 'close'));
    const looks = concat(
      of(0),
      this.log.followers.caughtUp.pipe(auditTime(coalesceMs), takeUntil(ends)),
    ).pipe(
      exhaustMap(() => from(this.look(guest, after))),
      filter(({ orders }) => orders.length > 0),
      take(1),
    );
    return firstValueFrom(looks, { defaultValue: none });
  }

  private async look(guest: string, after: number): Promise<Orders> {
    const orders = await openOrders(this.log.views, guest, after);
    return { orders, next: orders.reduce((max, { position }) => Math.max(max, position), after) };
  }
}
