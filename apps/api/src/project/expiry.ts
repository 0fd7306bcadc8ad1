import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { expireOverdue } from '@vestige/events';
import { exhaustMap, from, timer, type Subscription } from 'rxjs';

import { EventLog } from '../log/event-log.ts';

const everyMs = 1000;

/** What an agent did in time may be told a little later: its word is waited for before an order counts as expired. */
const graceMs = 5000;

const logger = new Logger('Expiry');

/** Ends orders whose deadline is over. */
@Injectable()
export class Expiry implements OnApplicationShutdown {
  private running: Subscription | null = null;

  constructor(private readonly log: EventLog) {}

  start(): void {
    this.running ??= timer(everyMs, everyMs)
      .pipe(exhaustMap(() => from(this.expire().catch(report))))
      .subscribe();
  }

  onApplicationShutdown(): void {
    this.running?.unsubscribe();
  }

  private async expire(): Promise<void> {
    const { store, views: dataSource } = this.log;
    await expireOverdue({ store, dataSource }, new Date(Date.now() - graceMs));
  }
}

function report(error: unknown): void {
  logger.error({ failed: error instanceof Error ? error.name : 'unknown' });
}
