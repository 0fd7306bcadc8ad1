import { type Order, orders as ordersEndpoint } from '@vestige/contract';

import { causeOf } from '../agent-error.ts';
import type { Log } from '../log.ts';
import type { BackOff } from '../uplink/back-off.ts';
import type { LinkStateKeeper } from '../uplink/link-state.ts';
import type { ServiceLink } from '../uplink/service-link.ts';
import { troubleOf } from '../uplink/trouble.ts';
import type { Wake } from '../wake.ts';
import type { OrderBook } from './order-book.ts';

const waitSeconds = 25;

/** While an order could not be recorded, and so not be carried out. */
const waitSecondsWhileOpen = 5;

export interface OrderLoopOptions {
  readonly link: Pick<ServiceLink, 'call'>;
  readonly book: OrderBook;
  readonly carryOut: (order: Order) => Promise<void>;
  readonly state: LinkStateKeeper;
  readonly backOff: BackOff;
  /** Cuts a wait short. */
  readonly wake: Wake;
  readonly log: Log;
}

/** Asks for orders, keeps them, carries them out. */
export class OrderLoop {
  readonly #options: OrderLoopOptions;
  readonly #stopping = new AbortController();

  constructor(options: OrderLoopOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#carryOutOpen();
      await this.#ask();
    }
  }

  stop(): void {
    this.#stopping.abort();
    this.#options.wake.set();
  }

  /** What cannot be recorded now stays open and is tried again. */
  async #carryOutOpen(): Promise<void> {
    const { book, carryOut, log } = this.#options;
    const settled: Order[] = [];
    for (const order of book.open) {
      if (this.#stopping.signal.aborted) break;
      try {
        await carryOut(order);
        settled.push(order);
      } catch (error) {
        log(`order ${order.order}: put off (${causeOf(error)})`);
      }
    }
    await book.settle(settled).catch((error: unknown) => {
      log(`what was carried out is not settled (${causeOf(error)}); trying again`);
    });
  }

  async #ask(): Promise<void> {
    const { link, book, state, backOff, wake } = this.#options;
    const started = performance.now();
    const wait = book.open.length > 0 ? waitSecondsWhileOpen : waitSeconds;
    try {
      const answer = await link.call(
        ordersEndpoint,
        { query: { after: book.cursor, wait } },
        { heldMilliseconds: wait * 1000, signal: this.#stopping.signal },
      );
      state.set('connected');
      const isNews = answer.next > book.cursor;
      await book.take(answer.orders, answer.next);
      // A service that answers at once with nothing new must not be asked without pause.
      if (isNews || performance.now() - started > 500) return backOff.reset();
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      const trouble = troubleOf(error);
      if (trouble.kind === 'unreachable' || trouble.kind === 'refused')
        state.set(trouble.kind, trouble.detail);
    }
    await wake.wait(backOff.nextMilliseconds());
  }
}
