import { Injectable } from '@nestjs/common';
import { findGuest } from '@vestige/events';

import { EventLog } from './event-log.ts';

/** The public keys of enrolled guests. */
@Injectable()
export class GuestKeys {
  constructor(private readonly log: EventLog) {}

  async keyOf(guest: string): Promise<string | null> {
    return (await findGuest(this.log.views, guest))?.publicKey ?? null;
  }
}
