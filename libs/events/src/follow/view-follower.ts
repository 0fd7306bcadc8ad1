import type { Database } from 'better-sqlite3';

import type { Recorded } from '../entry.ts';
import { FollowerPosition } from './follower-position.ts';
import { tableOf, ViewTable } from './view-table.ts';
import type { Key, View } from './view.ts';

interface Touched<Row> {
  row: Row | undefined;
  isChanged: boolean;
}

/** Keeps one view in step with the log. */
export class ViewFollower<Row extends object = object> {
  readonly view: View<Row>;
  readonly #table: ViewTable<Row>;
  readonly #stored: FollowerPosition | null;
  #position: number;
  failure: Error | null = null;

  /** With another table than the view's own, nothing is kept of how far it came. */
  constructor(db: Database, view: View<Row>, table = tableOf(view)) {
    this.view = view;
    this.#table = new ViewTable(db, view, table);
    this.#stored = table === tableOf(view) ? new FollowerPosition(db, view.name) : null;
    this.#position = this.#stored?.load() ?? 0;
  }

  get position(): number {
    return this.#position;
  }

  /** Takes the events that are new to it, and its position, in the transaction that the caller has open. */
  apply(batch: readonly Recorded[]): number {
    const news = batch.filter(({ position }) => position >= this.#position);
    const touched = new Map<string, Touched<Row>>();
    for (const recorded of news) this.#evolve(recorded, touched);
    for (const { row, isChanged } of touched.values())
      if (isChanged && row !== undefined) this.#table.store(row);
    const position = (news.at(-1)?.position ?? this.#position - 1) + 1;
    if (position !== this.#position) this.#stored?.store(position);
    return position;
  }

  /** To be called when the transaction is committed, with what `apply` answered. */
  advance(position: number): void {
    this.#position = position;
  }

  #evolve(recorded: Recorded, touched: Map<string, Touched<Row>>): void {
    for (const key of this.view.keysOf(recorded)) {
      const entry = this.#touch(key, touched);
      const next = this.view.evolve(entry.row, recorded, key);
      if (next === entry.row) continue;
      entry.row = next;
      entry.isChanged = true;
    }
  }

  #touch(key: Key, touched: Map<string, Touched<Row>>): Touched<Row> {
    const name = key.join('\0');
    const known = touched.get(name);
    if (known !== undefined) return known;
    const row = this.view.isWrittenOnce ? undefined : this.#table.load(key);
    const loaded = { row, isChanged: false };
    touched.set(name, loaded);
    return loaded;
  }
}
