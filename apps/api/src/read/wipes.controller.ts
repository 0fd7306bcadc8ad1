import { Controller } from '@nestjs/common';
import { endpoints, type HandlerInput, type Wipe } from '@vestige/contract';
import { queryTargets, queryWipes } from '@vestige/events';

import { Endpoint, Input } from '../http/endpoint.decorator.ts';
import { EventLog } from '../log/event-log.ts';
import { requireWipe, shownWipe } from '../log/wipe-answers.ts';
import { NameBook } from './names.ts';

@Controller()
export class WipesReadController {
  constructor(
    private readonly log: EventLog,
    private readonly names: NameBook,
  ) {}

  @Endpoint(endpoints.listWipes)
  async list(@Input() { query }: HandlerInput<typeof endpoints.listWipes>) {
    const { items, next } = await queryWipes(this.log.views, query);
    const names = await this.names.open([]);
    return { items: items.map((wipe) => shownWipe(wipe, names.actor(wipe.requestedBy))), next };
  }

  @Endpoint(endpoints.getWipe)
  async show(@Input() { params }: HandlerInput<typeof endpoints.getWipe>): Promise<Wipe> {
    const wipe = await requireWipe(this.log.views, params.id);
    const names = await this.names.open([]);
    return shownWipe(wipe, names.actor(wipe.requestedBy));
  }

  @Endpoint(endpoints.listWipeTargets)
  async targets(@Input() { params, query }: HandlerInput<typeof endpoints.listWipeTargets>) {
    await requireWipe(this.log.views, params.id);
    return queryTargets(this.log.views, { wipe: params.id, ...query });
  }
}
