import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { exhaustMap, from, type Subscription, timer } from 'rxjs';
import { DataSource } from 'typeorm';

import { Presence } from './presence.ts';

/** Far less than the time after which a guest counts as silent. */
const everyMs = 5000;

/** What was written so long ago was read: replicas' clocks differ by less. */
const overlapMs = 60_000;

const logger = new Logger('SharedContacts');

/**
 * Tells the other replicas from whom this one heard, and hears it from them, all at once from time to time. Hearing from a
 * guest is no event: what is lost of it is only a moment later. A file is one process's alone, so there nothing is shared.
 */
@Injectable()
export class SharedContacts implements OnApplicationShutdown {
  private running: Subscription | null = null;
  private exchanging: Promise<void> = Promise.resolve();
  private readFrom = 0;

  constructor(
    private readonly database: DataSource,
    private readonly presence: Presence,
  ) {}

  start(): void {
    if (this.database.options.type !== 'postgres') return;
    this.running ??= timer(0, everyMs)
      .pipe(exhaustMap(() => from((this.exchanging = this.exchange().catch(report)))))
      .subscribe();
  }

  async onApplicationShutdown(): Promise<void> {
    this.running?.unsubscribe();
    await this.exchanging;
  }

  private async exchange(): Promise<void> {
    const now = Date.now();
    await this.write();
    const rows: { guest: string; heard_at: number }[] = await this.database.query(
      'SELECT guest, heard_at FROM contact WHERE heard_at > $1',
      [this.readFrom],
    );
    for (const { guest, heard_at: at } of rows) this.presence.learn(guest, at);
    this.readFrom = now - overlapMs;
  }

  /** In the order of guests, so that replicas never wait for each other in a circle. */
  private async write(): Promise<void> {
    const contacts = [...this.presence.takeNews()].toSorted(([a], [b]) => (a < b ? -1 : 1));
    if (contacts.length === 0) return;
    await this.database.query(
      `INSERT INTO contact (guest, heard_at) SELECT * FROM unnest($1::text[], $2::bigint[])
       ON CONFLICT (guest) DO UPDATE SET heard_at = GREATEST(contact.heard_at, excluded.heard_at)`,
      [contacts.map(([guest]) => guest), contacts.map(([, at]) => at)],
    );
  }
}

function report(error: unknown): void {
  logger.error({ failed: error instanceof Error ? error.name : 'unknown' });
}
