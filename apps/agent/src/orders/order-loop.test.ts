import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Order } from '@vestige/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { BackOff } from '../uplink/back-off.ts';
import { LinkStateKeeper } from '../uplink/link-state.ts';
import type { ServiceLink } from '../uplink/service-link.ts';
import { Wake } from '../wake.ts';
import { OrderBook } from './order-book.ts';
import { OrderLoop } from './order-loop.ts';

const id = (n: number): string => `10000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const source = { kind: 'efi-secret', path: '/coco' } as const;
const order = (n: number): Order => ({
  order: id(n),
  secret: id(n),
  position: n,
  boot: id(0),
  ref: { source, name: id(n), guid: id(n) },
  executeBefore: null,
});

let directory: string;
let book: OrderBook;
let carriedOut: string[];
let pauses: number;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'vestige-loop-'));
  book = await OrderBook.open(join(directory, 'orders.json'), id(1), id(0));
  carriedOut = [];
  pauses = 0;
});

afterEach(() => rmSync(directory, { recursive: true }));

/** Runs the loop against a service that gives these answers, and is stopped after the last. */
async function run(answers: { orders: Order[]; next: number }[]): Promise<void> {
  const link = {
    call: async () => {
      const answer = answers.shift();
      if (answer === undefined) loop.stop();
      return answer ?? { orders: [], next: book.cursor };
    },
  };
  const loop = new OrderLoop({
    // The one endpoint that the loop asks.
    link: link as unknown as Pick<ServiceLink, 'call'>,
    book,
    carryOut: async (one) => void carriedOut.push(one.order),
    state: new LinkStateKeeper('orders', () => undefined),
    backOff: new BackOff(() => {
      pauses += 1;
      return 0;
    }),
    wake: new Wake(),
    log: () => undefined,
  });
  await loop.run();
}

describe('OrderLoop', () => {
  it('pauses before it asks a service again that answers with nothing new', async () => {
    const same = { orders: [order(5)], next: 5 };
    await run([same, same, same]);
    expect(pauses).toBe(3);
  });

  it('carries out ten thousand orders that come at once, each once', async () => {
    const many = Array.from({ length: 10_000 }, (_, n) => order(n));
    await run([{ orders: many, next: 10_000 }]);
    expect(new Set(carriedOut).size).toBe(10_000);
    expect(carriedOut).toHaveLength(10_000);
    expect(book.open).toStrictEqual([]);
  });
});
