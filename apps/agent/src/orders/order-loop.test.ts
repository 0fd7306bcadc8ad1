import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Order } from '@vestige/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { wipesAtOnceMax } from '../source/secret-source.ts';
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
let groups: number[];
let refused: string[];
let pauses: number;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'vestige-loop-'));
  book = await OrderBook.open(join(directory, 'orders.json'), id(1), id(0));
  carriedOut = [];
  groups = [];
  refused = [];
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
    carryOut: async (group) => {
      groups.push(group.length);
      return Promise.allSettled(
        group.map(async (one) => {
          if (refused.includes(one.order)) throw new Error('cannot be recorded');
          carriedOut.push(one.order);
        }),
      );
    },
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

  it('gives out groups of no more than are wiped side by side, and for one secret one order after the other', async () => {
    const many = Array.from({ length: wipesAtOnceMax + 1 }, (_, n) => order(n));
    const again = { ...order(500), ref: order(wipesAtOnceMax).ref };
    await run([{ orders: [...many, again, order(501)], next: 1000 }]);
    expect(groups).toStrictEqual([wipesAtOnceMax, 1, 2]);
    expect(carriedOut.slice(-3)).toStrictEqual([id(wipesAtOnceMax), id(500), id(501)]);
  });

  it('keeps of a group only what could not be carried out', async () => {
    refused = [id(2)];
    await run([{ orders: [order(1), order(2), order(3)], next: 3 }]);
    expect(carriedOut).toStrictEqual([id(1), id(3)]);
    expect(book.open).toStrictEqual([order(2)]);
  });
});
