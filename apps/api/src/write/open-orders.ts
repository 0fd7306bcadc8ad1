import type { ServerResponse } from 'node:http';

import { Injectable } from '@nestjs/common';
import type { Answer, endpoints } from '@vestige/contract';
import { openOrders, queryEvents } from '@vestige/events';
import {
  auditTime,
  concatMap,
  distinctUntilChanged,
  filter,
  firstValueFrom,
  from,
  fromEvent,
  merge,
  of,
  share,
  switchMap,
  take,
  takeUntil,
  timer,
} from 'rxjs';

import { EventLog } from '../log/event-log.ts';
import { Lifecycle } from '../log/lifecycle.ts';

type Orders = Answer<(typeof endpoints)['orders']>;

/** Growth within this time is looked at once. */
const coalesceMs = 50;

/** Long polls of agents: answered from the views, woken when an order is released. */
@Injectable()
export class OpenOrders {
  /** Where the last order was released. One look for all polls: were each to look, many guests would cost its square. */
  private readonly released;

  constructor(
    private readonly log: EventLog,
    private readonly lifecycle: Lifecycle,
  ) {
    this.released = log.followers.caughtUp.pipe(
      auditTime(coalesceMs),
      concatMap(() => from(this.lastReleased())),
      distinctUntilChanged(),
      share(),
    );
  }

  /** Ends with the first orders, after the wait, when the agent hangs up, or when the service stops. */
  wait(
    guest: string,
    { after, wait }: { after: number; wait: number },
    response: ServerResponse,
  ): Promise<Orders> {
    const none: Orders = { orders: [], next: after };
    const ends = merge(timer(wait * 1000), this.lifecycle.stopping, fromEvent(response, 'close'));
    // A newer look knows more, so it takes the place of one that is under way.
    const news = this.released.pipe(filter((position) => position > after));
    const looks = merge(of(0), news.pipe(takeUntil(ends))).pipe(
      switchMap(() => from(this.look(guest, after))),
      filter(({ orders }) => orders.length > 0),
      take(1),
    );
    return firstValueFrom(looks, { defaultValue: none });
  }

  private async lastReleased(): Promise<number> {
    const query = { type: 'wipe.released', order: 'desc', limit: 1 } as const;
    return (await queryEvents(this.log.views, query)).items[0]?.position ?? -1;
  }

  private async look(guest: string, after: number): Promise<Orders> {
    const orders = await openOrders(this.log.views, guest, after);
    return { orders, next: orders.reduce((max, { position }) => Math.max(max, position), after) };
  }
}
