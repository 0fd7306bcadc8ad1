import { type Order, orders as ordersEndpoint } from '@vestige/contract';

import { causeOf } from '../agent-error.ts';
import type { Log } from '../log.ts';
import { secretKey, wipesAtOnceMax } from '../source/secret-source.ts';
import type { BackOff } from '../uplink/back-off.ts';
import type { LinkStateKeeper } from '../uplink/link-state.ts';
import { LongPoll } from '../uplink/long-poll.ts';
import type { ServiceLink } from '../uplink/service-link.ts';
import type { Wake } from '../wake.ts';
import type { OrderBook } from './order-book.ts';

const waitSeconds = 25;

/** While an order could not be recorded, and so not be carried out. */
const waitSecondsWhileOpen = 5;

export interface OrderLoopOptions {
  readonly link: Pick<ServiceLink, 'call'>;
  readonly book: OrderBook;
  /** Carries out a group, and says of each whether it could be. */
  readonly carryOut: (orders: readonly Order[]) => Promise<PromiseSettledResult<void>[]>;
  readonly state: LinkStateKeeper;
  readonly backOff: BackOff;
  /** Cuts a wait short. */
  readonly wake: Wake;
  readonly log: Log;
}

/** Asks for orders, keeps them, carries them out. */
export class OrderLoop {
  readonly #options: OrderLoopOptions;
  readonly #poll: LongPoll;

  constructor(options: OrderLoopOptions) {
    this.#options = options;
    this.#poll = new LongPoll(options);
  }

  async run(): Promise<void> {
    while (!this.#poll.isStopped) {
      await this.#carryOutOpen();
      await this.#ask();
    }
  }

  stop(): void {
    this.#poll.stop();
  }

  /** What cannot be recorded now stays open and is tried again. */
  async #carryOutOpen(): Promise<void> {
    const { book, carryOut, log } = this.#options;
    const settled: Order[] = [];
    for (const group of groupsOf(book.open)) {
      if (this.#poll.isStopped) break;
      const results = await carryOut(group);
      for (const [index, order] of group.entries()) {
        const result = results[index];
        if (result?.status === 'fulfilled') settled.push(order);
        else log(`order ${order.order}: put off (${causeOf(result?.reason)})`);
      }
    }
    await book.settle(settled).catch((error: unknown) => {
      log(`what was carried out is not settled (${causeOf(error)}); trying again`);
    });
  }

  async #ask(): Promise<void> {
    const { link, book } = this.#options;
    const wait = book.open.length > 0 ? waitSecondsWhileOpen : waitSeconds;
    await this.#poll.ask(
      wait,
      (held) => link.call(ordersEndpoint, { query: { after: book.cursor, wait } }, held),
      async (answer) => {
        const isNews = answer.next > book.cursor;
        await book.take(answer.orders, answer.next);
        return isNews;
      },
    );
  }
}

/** In their order, and none with two orders for one secret: the second is to see what the first did. */
function groupsOf(orders: readonly Order[]): Order[][] {
  const groups: Map<string, Order>[] = [];
  for (const order of orders) {
    const key = secretKey(order.ref);
    const last = groups.at(-1);
    if (last === undefined || last.size === wipesAtOnceMax || last.has(key))
      groups.push(new Map([[key, order]]));
    else last.set(key, order);
  }
  return groups.map((group) => [...group.values()]);
}
