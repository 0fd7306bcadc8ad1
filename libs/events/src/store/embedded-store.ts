import { type Observable, Subject } from 'rxjs';

import type { Decider, DecisionContext } from '../decider.ts';
import { decodeEntry, type NewEvent, type Recorded } from '../entry.ts';
import { EventsError } from '../error.ts';
import { decideOn } from './decide.ts';
import { GroupCommit } from './group-commit.ts';
import { encodeRows, type NewRow } from './rows.ts';
import type { Appended, EventStore } from './store.ts';
import type { Tables } from './tables.ts';

/** The store over a database in this process: one writer, which commits for all that wait at once. */
export class EmbeddedStore implements EventStore {
  readonly #tables: Tables;
  readonly #clock: () => Date;
  readonly #commits: GroupCommit;
  readonly #grew = new Subject<number>();
  #announced: number;
  #isClosed = false;

  readonly grew: Observable<number> = this.#grew.asObservable();

  constructor(tables: Tables, clock: () => Date = () => new Date()) {
    this.#tables = tables;
    this.#clock = clock;
    this.#announced = tables.size();
    this.#commits = new GroupCommit(
      (work) => tables.transaction(work),
      () => this.#announce(),
    );
  }

  async append(facts: readonly NewEvent[]): Promise<Appended[]> {
    this.#assertOpen();
    const rows = encodeRows(facts, this.#clock());
    return this.#commits.add({ entries: rows.length, run: () => this.#insert(rows) });
  }

  async decide<S, C>(
    decider: Decider<S, C>,
    stream: string,
    command: C,
    context: DecisionContext,
  ): Promise<Appended[]> {
    const store = {
      clock: this.#clock,
      read: (from: number, limit: number, of?: string) => this.read(from, limit, of),
      appendAfter: this.#appendAfter.bind(this),
    };
    return decideOn(store, decider, stream, command, context);
  }

  async read(from: number, limit: number, stream?: string): Promise<Recorded[]> {
    this.#assertOpen();
    if (stream !== undefined)
      return this.#tables
        .readStream(stream, from, limit)
        .map(({ position, entry }) => ({ position, event: decodeEntry(entry) }));
    // Positions are dense, so the first one gives all others.
    return this.#tables
      .entries(from, limit)
      .map((entry, index) => ({ position: from + index, event: decodeEntry(entry) }));
  }

  async positionOf(id: string): Promise<number | null> {
    this.#assertOpen();
    return this.#tables.positionOf(id);
  }

  async entry(position: number): Promise<Uint8Array | null> {
    this.#assertOpen();
    return this.#tables.entry(position);
  }

  async entries(from: number, limit: number): Promise<Uint8Array[]> {
    this.#assertOpen();
    return this.#tables.entries(from, limit);
  }

  async size(): Promise<number> {
    this.#assertOpen();
    return this.#tables.size();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#commits.flushAll();
    this.#grew.complete();
    this.#tables.close();
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new EventsError('closed', 'The log is closed.');
  }

  #announce(): void {
    const size = this.#tables.size();
    if (size === this.#announced) return;
    this.#announced = size;
    this.#grew.next(size);
  }

  #insert(rows: readonly NewRow[]): Appended[] {
    const start = this.#tables.size();
    let next = start;
    const appended = rows.map((row): Appended => {
      if (!this.#tables.insert(next, row))
        return { position: this.#tables.positionOf(row.id)!, isNew: false };
      next += 1;
      return { position: next - 1, isNew: true };
    });
    if (next > start) this.#tables.setSize(next);
    return appended;
  }

  async #appendAfter(
    last: number,
    stream: string,
    events: readonly NewEvent[],
  ): Promise<Appended[] | null> {
    this.#assertOpen();
    const rows = encodeRows(events, this.#clock());
    return this.#commits.add({
      entries: rows.length,
      isAlone: true,
      run: () => (this.#tables.lastPosition(stream) === last ? this.#insert(rows) : null),
    });
  }
}
