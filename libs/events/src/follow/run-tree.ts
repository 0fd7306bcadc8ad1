import {
  edgeTiles,
  loadTiles,
  type ReadTile,
  rootFromTiles,
  type Hash,
  type TileId,
} from '@vestige/tlog';
import {
  auditTime,
  BehaviorSubject,
  filter,
  firstValueFrom,
  map,
  merge,
  type Observable,
  type Subscription,
} from 'rxjs';

import { EventsError } from '../error.ts';
import type { EventStore } from '../store/store.ts';
import type { FollowerDatabase } from './follower-database.ts';
import { ProjectionFollower } from './projection-follower.ts';
import { readBatch } from './read-batch.ts';
import { checkpointTable, type Signing, tileTable, treeProjection } from './tree.ts';
import { WakeableLoop } from './wakeable-loop.ts';

const batchEvents = 1000;
/** Growth within this time is signed at once. */
const coalesceMs = 100;
const retryMs = 1000;

/** A checkpoint as it was signed, and the size that it states. */
export interface SignedHead {
  readonly size: number;
  readonly note: string;
}

/** The Merkle tree of the log, to be asked. */
export interface LogTree {
  /** The newest signed checkpoint, and each that follows; null before the first. */
  readonly checkpoint: Observable<SignedHead | null>;
  readonly newest: SignedHead | null;
  /** How many entries the tiles cover. */
  readonly size: number;
  /** Resolves when the tiles cover so many entries. */
  covers(size: number): Promise<void>;
  /** All hashes that a tile has now; null where there is none. */
  tile(level: number, n: number): Promise<Uint8Array | null>;
  /** The tiles that proofs are computed from. */
  read(tiles: readonly TileId[]): Promise<ReadTile>;
  /** The root over so many entries, which the tiles must cover. */
  rootAt(size: number): Promise<Hash>;
  /** Looks for what is not in the tree yet, and signs it. */
  wake(): void;
}

/** Runs the tree after the log. It is behind the views, as nobody waits for it. */
export class RunningTree implements LogTree {
  readonly follower: ProjectionFollower;
  readonly #database: FollowerDatabase;
  readonly #store: EventStore;
  readonly #checkpoint = new BehaviorSubject<SignedHead | null>(null);
  readonly #moved = new BehaviorSubject<void>(undefined);
  readonly #loop = new WakeableLoop(() => this.#follow());
  readonly #waker: Subscription;
  #isStopped = false;
  #retry: NodeJS.Timeout | null = null;

  constructor(database: FollowerDatabase, store: EventStore, signing: Signing | null) {
    this.follower = new ProjectionFollower(treeProjection(signing));
    this.#database = database;
    this.#store = store;
    this.#waker = merge(store.grew, database.movedElsewhere)
      .pipe(auditTime(coalesceMs))
      .subscribe(() => this.wake());
    this.wake();
  }

  get checkpoint(): Observable<SignedHead | null> {
    return this.#checkpoint.asObservable();
  }

  get newest(): SignedHead | null {
    return this.#checkpoint.value;
  }

  get size(): number {
    return this.follower.position;
  }

  wake(): void {
    if (!this.#isStopped) this.#loop.wake();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#waker.unsubscribe();
    if (this.#retry !== null) clearTimeout(this.#retry);
    await this.#loop.idle();
    this.#moved.complete();
    this.#checkpoint.complete();
  }

  async covers(size: number): Promise<void> {
    this.wake();
    const stopped = await firstValueFrom(
      this.#moved.pipe(
        filter(() => {
          if (this.follower.failure !== null)
            throw new EventsError('follower-failed', 'The tree stands still.', {
              cause: this.follower.failure,
            });
          return this.size >= size;
        }),
        map(() => false),
      ),
      { defaultValue: true },
    );
    if (stopped) throw new EventsError('closed', 'The tree is stopped.');
  }

  async tile(level: number, n: number): Promise<Uint8Array | null> {
    const row = await this.#database.row(tileTable, [level, n]);
    return (row?.['hashes'] as Uint8Array | undefined) ?? null;
  }

  async rootAt(size: number): Promise<Hash> {
    return rootFromTiles(size, await this.read(edgeTiles(size)));
  }

  read(tiles: readonly TileId[]): Promise<ReadTile> {
    return loadTiles(tiles, ({ level, n }) => this.tile(level, n));
  }

  async #follow(): Promise<void> {
    try {
      while (!this.#isStopped && (await this.#advance()));
      this.follower.failure = null;
    } catch (error) {
      this.follower.failure = error as Error;
      this.#tryLater();
    }
    this.#moved.next();
  }

  /** False where there is nothing more to take, or somebody else is taking it. */
  async #advance(): Promise<boolean> {
    const { name, projection, position } = this.follower;
    await this.#database.advance([projection], async (from) =>
      this.#isStopped ? [] : readBatch(this.#store, from, batchEvents),
    );
    this.follower.position = (await this.#database.positions([name])).get(name) ?? position;
    await this.#look();
    this.#moved.next();
    // Requests are served between two batches.
    await new Promise((resolve) => setImmediate(resolve));
    return this.follower.position > position;
  }

  async #look(): Promise<void> {
    const row = await this.#database.row(checkpointTable, [1]);
    const newest = this.#checkpoint.value;
    // Both are columns of a row that the projection wrote.
    const seen = row as SignedHead | undefined;
    if (seen !== undefined && seen.note !== newest?.note)
      this.#checkpoint.next({ size: seen.size, note: seen.note });
  }

  #tryLater(): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = null;
      this.wake();
    }, retryMs).unref();
  }
}
