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
    const isKnown = (order: Order): boolean =>
      this.open.some((known) => known.order === order.order && known.secret === order.secret);
    const open = [...this.open, ...orders.filter((order) => !isKnown(order))];
    await this.#save({ ...this.#saved, cursor: next, open });
  }

  async settle(order: Order): Promise<void> {
    await this.#save({ ...this.#saved, open: this.open.filter((known) => known !== order) });
  }

  async #save(saved: Saved): Promise<void> {
    await writeDurable(this.#path, `${JSON.stringify(saved)}\n`);
    this.#saved = saved;
  }
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
