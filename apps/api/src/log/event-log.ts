import { randomUUID } from 'node:crypto';

import { Injectable, Logger } from '@nestjs/common';
import type { Actor, EventData, EventType } from '@vestige/contract';
import {
  EventsError,
  Refusal as Refused,
  type Appended,
  type Decider,
  type EventStore,
  type Followers,
  type Log,
  type LogTree,
  type NewEvent,
} from '@vestige/events';
import type { DataSource } from 'typeorm';

import { Refusal } from '../problem.ts';

/** What is wrong with the entry, not with the log. */
const entryErrors: readonly string[] = ['entry-too-large', 'not-canonical', 'stream-contended'];

const failureMs = 15_000;

const logger = new Logger('EventLog');

/** The log of this process with its followers and views. */
@Injectable()
export class EventLog {
  readonly store: EventStore;
  readonly followers: Followers;
  /** The views, to be asked and never written. */
  readonly views: DataSource;
  readonly tree: LogTree;
  /** Runs work while nobody else who shares the database does anything under the same name. */
  readonly exclusively: Log['exclusively'];
  /** When the last append failed; null where it did not. */
  private failedAt: number | null = null;

  constructor(log: Log) {
    this.store = log.store;
    this.followers = log.followers;
    this.views = log.dataSource;
    this.tree = log.tree;
    this.exclusively = log.exclusively;
  }

  /** A while after a failure this is over, as whoever waits for it sends nothing that could be written. */
  get canWrite(): boolean {
    return this.failedAt === null || performance.now() - this.failedAt > failureMs;
  }

  append(facts: readonly NewEvent[]): Promise<Appended[]> {
    return this.writing(() => this.store.append(facts));
  }

  /** What was acknowledged to anybody is known to the views before anything is decided by them. */
  async caughtUp(): Promise<void> {
    const size = await this.store.size();
    if (size > 0) await this.followers.reached(size - 1);
  }

  /** Decides and waits until every view shows what was decided, so that whoever ordered it reads it right after. */
  async decide<S, C>(
    decider: Decider<S, C>,
    stream: string,
    command: C,
    actor: Actor,
  ): Promise<void> {
    const appended = await this.writing(() =>
      this.store.decide(decider, stream, command, { actor }),
    );
    const last = appended.at(-1);
    if (last !== undefined) await this.followers.reached(last.position);
  }

  /** Records what the service itself did or saw; answers its position. */
  async record<T extends EventType>(
    type: T,
    stream: string,
    actor: Actor,
    data: EventData<T>,
  ): Promise<number> {
    const at = new Date().toISOString();
    // Type and data fit by this method's own signature, which a union over all types cannot see.
    const fact = { id: randomUUID(), type, stream, at, actor, data } as unknown as NewEvent;
    const [appended] = await this.append([fact]);
    return appended?.position ?? 0;
  }

  /** A log that cannot be written makes the service not ready, and nothing is acknowledged. */
  private async writing<T>(write: () => Promise<T>): Promise<T> {
    try {
      const result = await write();
      this.failedAt = null;
      return result;
    } catch (error) {
      if (error instanceof Refused) throw error;
      if (error instanceof EventsError && entryErrors.includes(error.code)) throw error;
      // A damaged log says so itself, and may be whole again at any time.
      if (causeOf(error) !== 'log-damaged') this.failedAt = performance.now();
      logger.error({ failed: 'append', because: causeOf(error) });
      throw unwritten(error);
    }
  }
}

function causeOf(error: unknown): string {
  if (error instanceof EventsError) return error.code;
  return error instanceof Error ? error.name : 'unknown';
}

function unwritten(error: unknown): Refusal {
  const later = { retryAfterSeconds: 5 };
  const code = error instanceof EventsError ? error.code : null;
  if (code === 'log-damaged') return new Refusal('log-damaged', (error as EventsError).message);
  if (code === 'storage-full')
    return new Refusal(
      'storage-full',
      'Make room on the disk of the database. Nothing was lost.',
      later,
    );
  return new Refusal('not-ready', 'The log cannot be written now. Send it again later.', later);
}
