import type { ServerResponse } from 'node:http';

import { Injectable } from '@nestjs/common';
import type { Answer, endpoints } from '@vestige/contract';
import { openOrders, queryEvents } from '@vestige/events';
import { filter, firstValueFrom, from, merge, of, switchMap, take, takeUntil } from 'rxjs';

import { EventLog } from '../log/event-log.ts';
import { Lifecycle } from '../log/lifecycle.ts';
import { changesOf, endOf } from './long-poll.ts';
import { Quarantine } from './quarantine.ts';

type Orders = Answer<(typeof endpoints)['orders']>;

/** Long polls of agents: answered from the views, woken when an order is released. */
@Injectable()
export class OpenOrders {
  /** Where the last order was released. */
  private readonly released;

  constructor(
    private readonly log: EventLog,
    private readonly lifecycle: Lifecycle,
    private readonly quarantine: Quarantine,
  ) {
    this.released = changesOf(log, () => this.lastReleased());
  }

  /** Ends with the first orders, or with none when the poll ends. */
  wait(
    guest: string,
    { after, wait }: { after: number; wait: number },
    response: ServerResponse,
  ): Promise<Orders> {
    const none: Orders = { orders: [], next: after };
    // A newer look knows more, so it takes the place of one that is under way.
    const news = this.released.pipe(filter((position) => position > after));
    const looks = merge(of(0), news.pipe(takeUntil(endOf(wait, this.lifecycle, response)))).pipe(
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
    // A poll may have been open when its guest was quarantined.
    if (orders.length > 0) await this.quarantine.requireFree(guest);
    return { orders, next: orders.reduce((max, { position }) => Math.max(max, position), after) };
  }
}
