import { Controller } from '@nestjs/common';
import { endpoints, type HandlerInput } from '@vestige/contract';
import { queryEnrolments } from '@vestige/events';

import { Endpoint, Input } from '../http/endpoint.decorator.ts';
import { EventLog } from '../log/event-log.ts';
import { shownToken } from '../log/shown-token.ts';

@Controller()
export class EnrolmentTokensReadController {
  constructor(private readonly log: EventLog) {}

  @Endpoint(endpoints.listEnrolmentTokens)
  async list(@Input() { query }: HandlerInput<typeof endpoints.listEnrolmentTokens>) {
    const { items, next } = await queryEnrolments(this.log.views, query);
    return { items: items.map((row) => shownToken(row)), next };
  }
}
