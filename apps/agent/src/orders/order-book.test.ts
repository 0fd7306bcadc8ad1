import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Order } from '@vestige/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { OrderBook } from './order-book.ts';

const id = (digit: number): string => `${digit}0000000-0000-4000-8000-000000000000`;
const [guest, boot, otherBoot] = [id(1), id(2), id(3)];

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vestige-book-'));
  path = join(directory, 'orders.json');
});

afterEach(() => rmSync(directory, { recursive: true }));

function order(digit: number): Order {
  const source = { kind: 'efi-secret', path: '/coco' } as const;
  const ref = { source, name: id(digit), guid: id(digit) };
  return { order: id(digit), secret: id(9), position: digit, boot, ref, executeBefore: null };
}

describe('OrderBook', () => {
  it('asks a new service for everything that is open', async () => {
    expect((await OrderBook.open(path, guest, boot)).cursor).toBe(-1);
  });

  it('keeps what was taken and not settled over a restart', async () => {
    const before = await OrderBook.open(path, guest, boot);
    await before.take([order(4), order(5)], 5);
    await before.settle(before.open.slice(0, 1));
    const after = await OrderBook.open(path, guest, boot);
    expect(after.cursor).toBe(5);
    expect(after.open).toStrictEqual([order(5)]);
  });

  it('takes an order once that is given twice', async () => {
    const book = await OrderBook.open(path, guest, boot);
    await book.take([order(4)], 4);
    await book.take([order(4)], 4);
    expect(book.open).toHaveLength(1);
  });

  it('begins anew in another boot', async () => {
    const before = await OrderBook.open(path, guest, boot);
    await before.take([order(4)], 4);
    const after = await OrderBook.open(path, guest, otherBoot);
    expect([after.cursor, after.open]).toStrictEqual([-1, []]);
  });

  it('refuses a damaged file instead of forgetting orders', async () => {
    writeFileSync(path, '{"guest":');
    await expect(OrderBook.open(path, guest, boot)).rejects.toThrow('damaged');
  });
});
