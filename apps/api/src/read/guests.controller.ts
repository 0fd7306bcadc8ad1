import { Controller } from '@nestjs/common';
import { endpoints, type Guest, type HandlerInput } from '@vestige/contract';
import { findGuest, queryGuests, secretCountsOf, type GuestRow } from '@vestige/events';

import { Endpoint, Input } from '../http/endpoint.decorator.ts';
import { EventLog } from '../log/event-log.ts';
import { Presence } from '../log/presence.ts';
import { Refusal } from '../problem.ts';

@Controller()
export class GuestsController {
  constructor(
    private readonly log: EventLog,
    private readonly presence: Presence,
  ) {}

  @Endpoint(endpoints.listGuests)
  async list(@Input() { query }: HandlerInput<typeof endpoints.listGuests>) {
    const { items, next } = await queryGuests(this.log.views, query);
    return { items: await this.shown(items), next };
  }

  @Endpoint(endpoints.getGuest)
  async show(@Input() { params }: HandlerInput<typeof endpoints.getGuest>): Promise<Guest> {
    const row = await findGuest(this.log.views, params.id);
    const [guest] = row === null ? [] : await this.shown([row]);
    if (guest === undefined) throw new Refusal('not-found', 'No guest has this id.');
    return guest;
  }

  private async shown(rows: readonly GuestRow[]): Promise<Guest[]> {
    const ids = rows.map(({ id }) => id);
    const counts = await secretCountsOf(this.log.views, ids);
    return rows.flatMap((row) => {
      const secrets = counts.get(row.id);
      return secrets === undefined ? [] : { ...row, ...this.presence.of(row), secrets };
    });
  }
}
