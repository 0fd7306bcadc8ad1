import { Controller } from '@nestjs/common';
import { endpoints, type HandlerInput } from '@vestige/contract';
import { queryCatalogue } from '@vestige/events';

import { Endpoint, Input } from '../http/endpoint.decorator.ts';
import { requireCatalogueEntry } from '../log/catalogue-answers.ts';
import { EventLog } from '../log/event-log.ts';

@Controller()
export class CatalogueReadController {
  constructor(private readonly log: EventLog) {}

  @Endpoint(endpoints.listCatalogue)
  list(@Input() { query }: HandlerInput<typeof endpoints.listCatalogue>) {
    return queryCatalogue(this.log.views, query);
  }

  @Endpoint(endpoints.getCatalogueEntry)
  show(@Input() { params }: HandlerInput<typeof endpoints.getCatalogueEntry>) {
    return requireCatalogueEntry(this.log.views, params.guid);
  }
}
