import { Controller } from '@nestjs/common';
import { endpoints, type HandlerInput } from '@vestige/contract';
import { queryEvents } from '@vestige/events';

import { Endpoint, Input } from '../http/endpoint.decorator.ts';
import { EventLog } from '../log/event-log.ts';
import { NameBook } from './names.ts';
import { shownEvents } from './shown-event.ts';

@Controller()
export class EventsController {
  constructor(
    private readonly log: EventLog,
    private readonly names: NameBook,
  ) {}

  @Endpoint(endpoints.listEvents)
  async list(@Input() { query }: HandlerInput<typeof endpoints.listEvents>) {
    return shownEvents(await queryEvents(this.log.views, query), this.names);
  }
}
