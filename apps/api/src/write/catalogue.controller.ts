import { Controller } from '@nestjs/common';
import {
  endpoints,
  policiesMax,
  type CatalogueData,
  type CatalogueEntry,
  type Guid,
  type HandlerInput,
} from '@vestige/contract';
import { catalogueDecider, policiesInForce } from '@vestige/events';

import { actorOf, type Person } from '../http/caller.ts';
import { By, Endpoint, Input } from '../http/endpoint.decorator.ts';
import { requireCatalogueEntry } from '../log/catalogue-answers.ts';
import { EventLog } from '../log/event-log.ts';
import { Refusal } from '../problem.ts';

type Put = HandlerInput<typeof endpoints.putCatalogueEntry>;
type Delete = HandlerInput<typeof endpoints.deleteCatalogueEntry>;

const streamOf = (guid: Guid): string => `catalogue-${guid}`;

@Controller()
export class CatalogueWriteController {
  constructor(private readonly log: EventLog) {}

  /** One after the other, so that together they never declare more policies than a guest can be given. */
  @Endpoint(endpoints.putCatalogueEntry)
  put(@Input() { params, body }: Put, @By() person: Person): Promise<CatalogueEntry> {
    return this.log.exclusively('catalogue', () => this.declare(params.guid, body, person));
  }

  @Endpoint(endpoints.deleteCatalogueEntry)
  async delete(@Input() { params }: Delete, @By() person: Person): Promise<null> {
    const command = { type: 'Withdraw' } as const;
    await this.log.decide(catalogueDecider, streamOf(params.guid), command, actorOf(person));
    return null;
  }

  private async declare(guid: Guid, data: CatalogueData, person: Person): Promise<CatalogueEntry> {
    if (data.policy !== null) await this.requireRoom(guid);
    const command = { type: 'Declare', data } as const;
    await this.log.decide(catalogueDecider, streamOf(guid), command, actorOf(person));
    return requireCatalogueEntry(this.log.views, guid);
  }

  private async requireRoom(guid: Guid): Promise<void> {
    await this.log.caughtUp();
    const { policies } = await policiesInForce(this.log.views);
    const others = policies.filter((policy) => policy.guid !== guid);
    if (others.length >= policiesMax)
      throw new Refusal(
        'invalid-request',
        `At most ${policiesMax} GUIDs can have a policy. Take one away elsewhere first.`,
      );
  }
}
