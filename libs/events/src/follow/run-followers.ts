import {
  BehaviorSubject,
  distinctUntilChanged,
  filter,
  firstValueFrom,
  map,
  merge,
  type Observable,
  type Subscription,
} from 'rxjs';

import { EventsError } from '../error.ts';
import type { EventStore } from '../store/store.ts';
import { Turns } from '../store/turns.ts';
import type { FollowerDatabase } from './follower-database.ts';
import type { Followers, FollowerStatus } from './followers.ts';
import { ProjectionFollower } from './projection-follower.ts';
import type { Projection } from './projection.ts';
import type { ReactorFollower } from './reactor-follower.ts';
import { readBatch } from './read-batch.ts';
import { rebuild } from './rebuild.ts';
import { WakeableLoop } from './wakeable-loop.ts';

const batchEvents = 200;
/** A full disk passes: whoever stands still tries again after this long. */
const retryMs = 1000;

export interface Parts {
  readonly database: FollowerDatabase;
  readonly store: EventStore;
  readonly views: readonly Projection[];
  readonly reactors: readonly ReactorFollower[];
  /** Followers that are run elsewhere, and are rebuilt and told of here. */
  readonly others?: readonly ProjectionFollower[];
}

/** Runs views and reactors after the log: all views in one transaction a batch, reactors behind them. */
export class RunningFollowers implements Followers {
  readonly #database: FollowerDatabase;
  readonly #store: EventStore;
  readonly #views: readonly ProjectionFollower[];
  readonly #reactors: readonly ReactorFollower[];
  readonly #others: readonly ProjectionFollower[];
  readonly #moved: BehaviorSubject<void> = new BehaviorSubject<void>(undefined);
  readonly #viewLoop = new WakeableLoop(() => this.#followViews());
  readonly #reactorLoop = new WakeableLoop(() => this.#followReactors());
  readonly #waker: Subscription;
  readonly #rebuilds = new Turns();
  #isStopped = false;
  #retry: NodeJS.Timeout | null = null;

  readonly caughtUp: Observable<number> = this.#moved.pipe(
    map(() => this.#shown()),
    distinctUntilChanged(),
  );

  constructor({ database, store, views, reactors, others = [] }: Parts) {
    this.#database = database;
    this.#store = store;
    this.#views = views.map((view) => new ProjectionFollower(view));
    this.#reactors = reactors;
    this.#others = others;
    this.#waker = merge(store.grew, database.movedElsewhere).subscribe(() => this.wake());
    this.wake();
  }

  /** Looks for events that are new to somebody. */
  wake(): void {
    if (!this.#isStopped) this.#viewLoop.wake();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#waker.unsubscribe();
    if (this.#retry !== null) clearTimeout(this.#retry);
    await this.#viewLoop.idle();
    await this.#reactorLoop.idle();
    this.#moved.complete();
  }

  async reached(position: number): Promise<void> {
    await this.#until(() => {
      if (this.#viewLoop.fault !== null)
        throw new EventsError('follower-failed', 'The log cannot be read.', {
          cause: this.#viewLoop.fault,
        });
      const failed = this.#views.find(({ failure }) => failure !== null);
      if (failed !== undefined)
        throw new EventsError('follower-failed', `${failed.name} stands still.`, {
          cause: failed.failure,
        });
      return this.#shown() > position;
    });
  }

  async settled(): Promise<void> {
    const size = await this.#store.size();
    await this.reached(size - 1);
    await this.#until(() => this.#reactors.every((reactor) => hasSettled(reactor, size)));
    if ((await this.#store.size()) > size) await this.settled();
  }

  status(): FollowerStatus[] {
    return [
      ...[...this.#views, ...this.#others].map((follower) => ({
        name: follower.name,
        kind: follower.projection.kind,
        position: follower.position,
        failure: follower.failure?.message ?? null,
        rebuilding: follower.rebuilding,
        rebuildFailure: follower.rebuildFailure?.message ?? null,
      })),
      ...this.#reactors.map(({ name, position, failure }) => ({
        name,
        kind: 'reactor' as const,
        position,
        failure: failure?.message ?? null,
        rebuilding: null,
        rebuildFailure: null,
      })),
    ];
  }

  async rebuild(name: string, onProgress: (position: number) => void = () => {}): Promise<void> {
    const follower = [...this.#views, ...this.#others].find((one) => one.name === name);
    if (follower === undefined)
      throw new EventsError('unknown-follower', `Nothing that can be rebuilt is named ${name}.`);
    if (follower.rebuilding !== null)
      throw new EventsError('follower-failed', `${name} is being rebuilt already.`);
    follower.rebuilding = 0;
    follower.rebuildFailure = null;
    // One at a time: each takes a connection for as long as it lasts.
    await this.#rebuilds.take('', () => rebuild(this.#database, this.#store, follower, onProgress));
    this.wake();
  }

  async #until(isTrue: () => boolean): Promise<void> {
    this.wake();
    const stopped = await firstValueFrom(
      this.#moved.pipe(
        filter(isTrue),
        map(() => false),
      ),
      {
        defaultValue: true,
      },
    );
    if (stopped) throw new EventsError('closed', 'The followers are stopped.');
  }

  /** How much of the log every view shows. */
  #shown(): number {
    return Math.min(...this.#views.map(({ position }) => position));
  }

  async #followViews(): Promise<void> {
    await this.#refresh();
    if (this.#retry === null)
      for (const view of this.#views) if (view.failure !== null) await this.#advance([view]);
    while (!this.#isStopped) {
      const running = this.#views.filter(({ failure }) => failure === null);
      const from = Math.min(...running.map(({ position }) => position));
      if (running.length === 0 || from >= (await this.#store.size())) break;
      if (!(await this.#advance(running))) break;
      // Requests are served between two batches.
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#moved.next();
    if (!this.#isStopped) this.#reactorLoop.wake();
  }

  /** False where nothing moved: then somebody else is at it, and will tell. */
  async #advance(views: readonly ProjectionFollower[]): Promise<boolean> {
    const before = views.map(({ position }) => position);
    try {
      await this.#database.advance(
        views.map(({ projection }) => projection),
        async (from) => (this.#isStopped ? [] : readBatch(this.#store, from, batchEvents)),
      );
      for (const view of views) view.failure = null;
    } catch (error) {
      // One view that cannot go on must not hold the others.
      if (views.length > 1) for (const view of views) await this.#advance([view]);
      else this.#fail(views[0]!, error as Error);
    }
    await this.#refresh();
    this.#moved.next();
    return views.some(
      ({ position, failure }, index) => position !== before[index] || failure !== null,
    );
  }

  #fail(view: ProjectionFollower, error: Error): void {
    view.failure = error;
    this.#tryLater();
  }

  /** Where all of them are, whoever moved them. */
  async #refresh(): Promise<void> {
    const followers = [...this.#views, ...this.#reactors];
    const positions = await this.#database.positions(followers.map(({ name }) => name));
    for (const follower of followers) {
      const position = positions.get(follower.name);
      if (position === undefined)
        follower.failure = new EventsError(
          'follower-failed',
          `Another version of the service keeps ${follower.name}.`,
        );
      else follower.position = position;
    }
  }

  #tryLater(): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = null;
      this.wake();
    }, retryMs).unref();
  }

  async #followReactors(): Promise<void> {
    for (const reactor of this.#reactors) {
      while (!this.#isStopped && reactor.position < this.#shown()) {
        const before = reactor.position;
        await reactor.step(this.#shown());
        if (reactor.failure !== null) {
          this.#tryLater();
          break;
        }
        if (reactor.position === before) break;
        // Requests are served between two batches.
        if (reactor.position < this.#shown()) await new Promise((resolve) => setImmediate(resolve));
      }
      this.#moved.next();
    }
  }
}

function hasSettled({ position, failure, name }: ReactorFollower, size: number): boolean {
  if (failure !== null)
    throw new EventsError('follower-failed', `${name} failed.`, { cause: failure });
  return position >= size;
}
