import { Injectable } from '@nestjs/common';
import type { Actor } from '@vestige/contract';
import { guestNames } from '@vestige/events';

import { People } from '../access/people.ts';
import { EventLog } from '../log/event-log.ts';

/** Names as they are now: an entry of the log holds ids only. */
export interface Names {
  actor(actor: Actor): string | null;
  guest(id: string | undefined): string | null;
}

@Injectable()
export class NameBook {
  constructor(
    private readonly people: People,
    private readonly log: EventLog,
  ) {}

  /** The names of everybody who may act, and of these guests. */
  async open(guestIds: readonly (string | undefined)[]): Promise<Names> {
    const ids = [...new Set(guestIds.filter((id) => id !== undefined))];
    const [people, guests] = await Promise.all([
      this.people.names(),
      guestNames(this.log.views, ids),
    ]);
    return {
      guest: (id) => (id === undefined ? null : (guests.get(id) ?? null)),
      actor: (actor) => {
        if (actor.kind === 'service') return null;
        return (actor.kind === 'guest' ? guests : people).get(actor.id) ?? null;
      },
    };
  }
}
