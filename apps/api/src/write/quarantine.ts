import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import type { Actor, EventData } from '@vestige/contract';
import { findGuest, type NewEvent } from '@vestige/events';

import { JoinStates } from '../access/join-states.ts';
import { EventLog } from '../log/event-log.ts';
import { Refusal } from '../problem.ts';

type Change =
  | { readonly type: 'guest.quarantined'; readonly data: EventData<'guest.quarantined'> }
  | { readonly type: 'guest.released'; readonly data: EventData<'guest.released'> };

/** Keeps a guest out whose identity is in doubt, until a person lets it in again. */
@Injectable()
export class Quarantine {
  constructor(
    private readonly log: EventLog,
    private readonly joinStates: JoinStates,
  ) {}

  /** For what was admitted a while ago; a request is refused at its door. */
  async requireFree(guest: string): Promise<void> {
    const row = await findGuest(this.log.views, guest);
    if (row?.quarantined === true) throw quarantined();
  }

  async begin(guest: string, data: EventData<'guest.quarantined'>, actor: Actor): Promise<void> {
    await this.change(guest, { type: 'guest.quarantined', data }, actor);
  }

  /** Whoever shows a join state first after it is the guest. The old one goes first: while it is gone nobody may speak. */
  async end(guest: string, data: EventData<'guest.released'>, actor: Actor): Promise<void> {
    await this.change(guest, { type: 'guest.released', data }, actor);
  }

  /** Read and written while nobody else does, as this guest's stream is too long to be folded; the same again is nothing. */
  private change(guest: string, change: Change, actor: Actor): Promise<void> {
    return this.log.exclusively(`quarantine ${guest}`, async () => {
      await this.log.caughtUp();
      const row = await findGuest(this.log.views, guest);
      if (row === null) throw new Refusal('not-found', 'No guest has this id.');
      const isEnd = change.type === 'guest.released';
      if (row.quarantined !== isEnd) return;
      if (isEnd) await this.joinStates.forget(guest);
      await this.append(guest, change, actor);
    });
  }

  private async append(guest: string, change: Change, actor: Actor): Promise<void> {
    const at = new Date().toISOString();
    const fact: NewEvent = {
      ...change,
      id: randomUUID(),
      stream: `guest-${guest}`,
      at,
      actor,
      guest,
    };
    const [appended] = await this.log.append([fact]);
    await this.log.followers.reached(appended?.position ?? 0);
  }
}

export function quarantined(): Refusal {
  return new Refusal(
    'quarantined',
    'It is not certain which guest speaks under this identity. Find out, and have an operator release it.',
  );
}
