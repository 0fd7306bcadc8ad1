import { randomUUID } from 'node:crypto';

import { type Observable, Subject } from 'rxjs';

import type { Decider, Decision, DecisionContext } from '../decider.ts';
import { decodeEntry, encodeEntry, type NewEvent, type Recorded } from '../entry.ts';
import { EventsError } from '../error.ts';
import { GroupCommit } from './group-commit.ts';
import type { Appended, EventStore } from './store.ts';
import type { NewRow, Tables } from './tables.ts';

const attemptsMax = 32;
const pageEvents = 1000;

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
    const rows = this.#rows(facts);
    return this.#commits.add({ entries: rows.length, run: () => this.#insert(rows) });
  }

  async decide<S, C>(
    decider: Decider<S, C>,
    stream: string,
    command: C,
    context: DecisionContext,
  ): Promise<Appended[]> {
    let seen: Folded<S> = { state: decider.initial, last: -1 };
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      seen = this.#fold(decider, stream, seen);
      const decided = decider.decide(command, seen.state);
      if (decided.length === 0) return [];
      const appended = await this.#appendIf(seen.last, stream, decided, context);
      if (appended !== null) return appended;
    }
    throw new EventsError('stream-contended', `${stream} moved ${attemptsMax} times.`);
  }

  async read(from: number, limit: number, stream?: string): Promise<Recorded[]> {
    this.#assertOpen();
    return this.#tables
      .read(from, limit, stream)
      .map(({ position, entry }) => ({ position, event: decodeEntry(entry) }));
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

  #rows(facts: readonly NewEvent[]): NewRow[] {
    const recorded = this.#clock();
    return facts.map((fact) => ({
      id: fact.id,
      stream: fact.stream,
      type: fact.type,
      entry: encodeEntry(fact, recorded),
    }));
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

  #fold<S, C>(decider: Decider<S, C>, stream: string, from: Folded<S>): Folded<S> {
    this.#assertOpen();
    let { state, last } = from;
    for (;;) {
      const page = this.#tables.read(last + 1, pageEvents, stream);
      for (const { position, entry } of page) {
        state = decider.evolve(state, decodeEntry(entry));
        last = position;
      }
      if (page.length < pageEvents) return { state, last };
    }
  }

  /** Null where the stream has moved past what the decision stands on. */
  async #appendIf(
    last: number,
    stream: string,
    decided: readonly Decision[],
    { actor, at }: DecisionContext,
  ): Promise<Appended[] | null> {
    const time = at ?? this.#clock().toISOString();
    const rows = this.#rows(
      decided.map((decision): NewEvent => ({
        ...decision,
        id: randomUUID(),
        stream,
        at: time,
        actor,
      })),
    );
    return this.#commits.add({
      entries: rows.length,
      isAlone: true,
      run: () => (this.#tables.lastPosition(stream) === last ? this.#insert(rows) : null),
    });
  }
}

interface Folded<S> {
  readonly state: S;
  readonly last: number;
}
