import { Controller } from '@nestjs/common';
import { endpoints, type HandlerInput, type Secret } from '@vestige/contract';
import { findSecret, querySecrets, queryTimeline, type FoundSecret } from '@vestige/events';

import { Endpoint, Input } from '../http/endpoint.decorator.ts';
import { EventLog } from '../log/event-log.ts';
import { Presence } from '../log/presence.ts';
import { Refusal } from '../problem.ts';
import { NameBook } from './names.ts';
import { shownEvents } from './shown-event.ts';

const unknown = () => new Refusal('not-found', 'No secret has this id.');

@Controller()
export class SecretsController {
  constructor(
    private readonly log: EventLog,
    private readonly presence: Presence,
    private readonly names: NameBook,
  ) {}

  @Endpoint(endpoints.listSecrets)
  async list(@Input() { query }: HandlerInput<typeof endpoints.listSecrets>) {
    const { guid, guest, label, ...rest } = query;
    const { items, next } = await querySecrets(this.log.views, {
      ...rest,
      ...(guid !== undefined && { guids: [guid] }),
      ...(guest !== undefined && { guests: [guest] }),
      ...(label !== undefined && { labels: [label] }),
    });
    return { items: items.map((found) => this.shown(found)), next };
  }

  @Endpoint(endpoints.getSecret)
  async show(@Input() { params }: HandlerInput<typeof endpoints.getSecret>): Promise<Secret> {
    const found = await findSecret(this.log.views, params.id);
    if (found === null) throw unknown();
    return this.shown(found);
  }

  @Endpoint(endpoints.secretTimeline)
  async timeline(@Input() { params, query }: HandlerInput<typeof endpoints.secretTimeline>) {
    const page = await queryTimeline(this.log.views, params.id, query);
    if (page === null) throw unknown();
    return shownEvents(page, this.names);
  }

  private shown(found: FoundSecret): Secret {
    const { guest: id, guestStopped: stopped, guestLastEventAt: lastEventAt } = found;
    return { ...found, guestPresence: this.presence.of({ id, stopped, lastEventAt }).presence };
  }
}
