import { Controller } from '@nestjs/common';
import { endpoints, type HandlerInput } from '@vestige/contract';

import { actorOf, type Person } from '../http/caller.ts';
import { By, Endpoint, Input } from '../http/endpoint.decorator.ts';
import { Quarantine } from './quarantine.ts';

type Said = HandlerInput<typeof endpoints.quarantineGuest>;

@Controller()
export class GuestsWriteController {
  constructor(private readonly quarantines: Quarantine) {}

  @Endpoint(endpoints.quarantineGuest)
  async quarantine(@Input() { params: { id }, body }: Said, @By() person: Person) {
    const data = { reason: 'by-operator', detail: body.reason } as const;
    await this.quarantines.begin(id, data, actorOf(person));
    return { id, quarantined: true };
  }

  @Endpoint(endpoints.releaseGuest)
  async release(@Input() { params: { id }, body }: Said, @By() person: Person) {
    await this.quarantines.end(id, { reason: body.reason }, actorOf(person));
    return { id, quarantined: false };
  }
}
