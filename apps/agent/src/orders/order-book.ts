import { Order } from '@vestige/contract';

import { AgentError } from '../agent-error.ts';
import { readJson, writeDurable } from '../durable-file.ts';

interface Saved {
  /** Where the orders are from and for; another guest or boot asks for everything that is open. */
  readonly guest: string;
  readonly boot: string;
  readonly cursor: number;
  readonly open: Order[];
}

/**
 * The orders that the agent took and has not settled, kept before the service's cursor moves on: what was taken is
 * carried out or refused also after a restart.
 */
export class OrderBook {
  readonly #path: string;
  #saved: Saved;

  private constructor(path: string, saved: Saved) {
    this.#path = path;
    this.#saved = saved;
  }

  static async open(path: string, guest: string, boot: string): Promise<OrderBook> {
    const saved = parse(await readJson(path).catch(() => undefined));
    if (saved === undefined)
      throw new AgentError(
        'state',
        `${path} is damaged. Move it away; open orders are asked for again.`,
      );
    const isCurrent = saved?.guest === guest && saved.boot === boot;
    return new OrderBook(path, isCurrent ? saved : { guest, boot, cursor: -1, open: [] });
  }

  /** The position after which the service is asked for more. */
  get cursor(): number {
    return this.#saved.cursor;
  }

  get open(): readonly Order[] {
    return this.#saved.open;
  }

  async take(orders: readonly Order[], next: number): Promise<void> {
    if (orders.length === 0 && next === this.cursor) return;
    const open = new Map(this.open.map((order) => [keyOf(order), order]));
    for (const order of orders) if (!open.has(keyOf(order))) open.set(keyOf(order), order);
    await this.#save({ ...this.#saved, cursor: next, open: [...open.values()] });
  }

  /** All at once, as each time writes the whole book. Of one that is lost to a kill the ledger knows that it is done. */
  async settle(orders: readonly Order[]): Promise<void> {
    if (orders.length === 0) return;
    const settled = new Set(orders);
    await this.#save({ ...this.#saved, open: this.open.filter((known) => !settled.has(known)) });
  }

  async #save(saved: Saved): Promise<void> {
    await writeDurable(this.#path, `${JSON.stringify(saved)}\n`);
    this.#saved = saved;
  }
}

function keyOf({ order, secret }: Order): string {
  return `${order} ${secret}`;
}

/** Null where nothing was saved, undefined where it cannot be understood. */
function parse(value: unknown): Saved | null | undefined {
  if (value === null) return null;
  if (typeof value !== 'object') return undefined;
  const { guest, boot, cursor, open } = value as Record<string, unknown>;
  const orders = Order.array().safeParse(open);
  const isComplete =
    typeof guest === 'string' && typeof boot === 'string' && Number.isInteger(cursor);
  if (!isComplete || !orders.success) return undefined;
  return { guest, boot, cursor: Number(cursor), open: orders.data };
}
