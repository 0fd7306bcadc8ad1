import {
  BehaviorSubject,
  distinctUntilChanged,
  filter,
  firstValueFrom,
  map,
  type Observable,
} from 'rxjs';

import { EventsError } from '../error.ts';
import type { EventStore } from '../store/store.ts';
import type { Writer } from '../store/writer.ts';
import type { Followers, FollowerStatus } from './followers.ts';
import type { ReactorFollower } from './reactor-follower.ts';
import { rebuildView, type RebuildContext } from './rebuild.ts';
import type { ViewFollower } from './view-follower.ts';
import { WakeableLoop } from './wakeable-loop.ts';

const batchEvents = 200;
/** A full disk passes: whoever stands still tries again after this long. */
const retryMs = 1000;

interface Parts extends RebuildContext {
  readonly views: readonly ViewFollower[];
  readonly reactors: readonly ReactorFollower[];
}

/** Runs views and reactors after the log: all views in one transaction a batch, reactors behind them. */
export class RunningFollowers implements Followers {
  readonly #store: EventStore;
  readonly #writer: Writer;
  readonly #parts: Parts;
  readonly #moved: BehaviorSubject<void> = new BehaviorSubject<void>(undefined);
  readonly #views = new WakeableLoop(() => this.#followViews());
  readonly #reactors = new WakeableLoop(() => this.#followReactors());
  #isStopped = false;
  #retry: NodeJS.Timeout | null = null;

  readonly caughtUp: Observable<number> = this.#moved.pipe(
    map(() => this.#shown()),
    distinctUntilChanged(),
  );

  constructor(parts: Parts) {
    this.#store = parts.store;
    this.#writer = parts.writer;
    this.#parts = parts;
    parts.store.grew.subscribe(() => this.wake());
  }

  /** Looks for events that are new to somebody. */
  wake(): void {
    if (!this.#isStopped) this.#views.wake();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    await this.#views.idle();
    await this.#reactors.idle();
    this.#moved.complete();
  }

  async reached(position: number): Promise<void> {
    await this.#until(() => {
      if (this.#views.fault !== null)
        throw new EventsError('follower-failed', 'The log cannot be read.', {
          cause: this.#views.fault,
        });
      const failed = this.#parts.views.find(({ failure }) => failure !== null);
      if (failed !== undefined)
        throw new EventsError('follower-failed', `${failed.view.name} stands still.`, {
          cause: failed.failure,
        });
      return this.#shown() > position;
    });
  }

  async settled(): Promise<void> {
    const size = await this.#store.size();
    await this.reached(size - 1);
    await this.#until(() => this.#parts.reactors.every((reactor) => hasSettled(reactor, size)));
    if ((await this.#store.size()) > size) await this.settled();
  }

  status(): FollowerStatus[] {
    const { views, reactors } = this.#parts;
    return [
      ...views.map(({ view, position, failure }) => status(view.name, 'view', position, failure)),
      ...reactors.map(({ reactor, position, failure }) =>
        status(reactor.name, 'reactor', position, failure),
      ),
    ];
  }

  async rebuild(name: string, onProgress: (position: number) => void = () => {}): Promise<void> {
    const follower = this.#parts.views.find(({ view }) => view.name === name);
    if (follower === undefined)
      throw new EventsError('unknown-follower', `No view is named ${name}.`);
    await rebuildView(this.#parts, follower, onProgress);
    this.#moved.next();
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
    return Math.min(...this.#parts.views.map(({ position }) => position));
  }

  async #followViews(): Promise<void> {
    if (this.#retry === null)
      for (const view of this.#parts.views) if (view.failure !== null) await this.#tryAgain(view);
    while (!this.#isStopped) {
      const running = this.#parts.views.filter(({ failure }) => failure === null);
      const from = Math.min(...running.map(({ position }) => position));
      if (running.length === 0 || from >= (await this.#store.size())) break;
      const batch = await this.#store.read(from, batchEvents);
      if (this.#isStopped) break;
      this.#apply(running, batch);
      this.#moved.next();
      // Requests are served between two batches.
      if (batch.length === batchEvents) await new Promise((resolve) => setImmediate(resolve));
    }
    if (!this.#isStopped) this.#reactors.wake();
  }

  async #tryAgain(view: ViewFollower): Promise<void> {
    const batch = await this.#store.read(view.position, batchEvents);
    if (!this.#isStopped) this.#apply([view], batch);
  }

  #apply(views: readonly ViewFollower[], batch: Parameters<ViewFollower['apply']>[0]): void {
    try {
      let positions: number[] = [];
      this.#writer.runDerived(() => {
        positions = views.map((view) => view.apply(batch));
      });
      for (const [index, view] of views.entries()) {
        view.advance(positions[index]!);
        view.failure = null;
      }
    } catch (error) {
      // One view that cannot go on must not hold the others.
      if (views.length > 1) for (const view of views) this.#apply([view], batch);
      else {
        views[0]!.failure = error as Error;
        this.#tryLater();
      }
    }
  }

  #tryLater(): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = null;
      this.wake();
    }, retryMs).unref();
  }

  async #followReactors(): Promise<void> {
    for (const reactor of this.#parts.reactors) {
      while (!this.#isStopped && reactor.position < this.#shown()) {
        await reactor.step(this.#shown());
        if (reactor.failure !== null) {
          this.#tryLater();
          break;
        }
        // Requests are served between two batches.
        if (reactor.position < this.#shown()) await new Promise((resolve) => setImmediate(resolve));
      }
      this.#moved.next();
    }
  }
}

function hasSettled({ position, failure, reactor }: ReactorFollower, size: number): boolean {
  if (failure !== null)
    throw new EventsError('follower-failed', `${reactor.name} failed.`, { cause: failure });
  return position >= size;
}

function status(
  name: string,
  kind: FollowerStatus['kind'],
  position: number,
  failure: Error | null,
): FollowerStatus {
  return { name, kind, position, failure: failure?.message ?? null };
}
