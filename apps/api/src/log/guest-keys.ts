import { Injectable } from '@nestjs/common';
import { findGuest, type GuestRow } from '@vestige/events';

import { EventLog } from './event-log.ts';

/** Who is enrolled: the public key, and whether anything is taken from it. */
@Injectable()
export class GuestKeys {
  constructor(private readonly log: EventLog) {}

  find(guest: string): Promise<Pick<GuestRow, 'publicKey' | 'quarantined'> | null> {
    return findGuest(this.log.views, guest);
  }
}
