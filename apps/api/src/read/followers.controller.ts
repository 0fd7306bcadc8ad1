import { Controller } from '@nestjs/common';
import { endpoints } from '@vestige/contract';

import { Endpoint } from '../http/endpoint.decorator.ts';
import { EventLog } from '../log/event-log.ts';

@Controller()
export class FollowersReadController {
  constructor(private readonly log: EventLog) {}

  @Endpoint(endpoints.listFollowers)
  async list() {
    const size = await this.log.store.size();
    return { size, items: this.log.followers.status(), next: null };
  }
}
