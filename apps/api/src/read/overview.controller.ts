import { Controller } from '@nestjs/common';
import { endpoints, type Overview } from '@vestige/contract';
import {
  fleetSecretCounts,
  guestCounts,
  guestsHeard,
  queryActivity,
  wipeCounts,
} from '@vestige/events';

import { Config } from '../config.ts';
import { Endpoint } from '../http/endpoint.decorator.ts';
import { EventLog } from '../log/event-log.ts';
import { Presence } from '../log/presence.ts';

@Controller()
export class OverviewController {
  constructor(
    private readonly log: EventLog,
    private readonly presence: Presence,
    private readonly config: Config,
  ) {}

  @Endpoint(endpoints.getOverview)
  async show(): Promise<Overview> {
    const { views, store } = this.log;
    const [position, guests, { corruptSources }, secrets, wipes, activity] = await Promise.all([
      store.size(),
      this.guests(),
      guestCounts(views),
      fleetSecretCounts(views),
      wipeCounts(views),
      queryActivity(views, new Date()),
    ]);
    const gaps = activity.reduce((total, hour) => total + hour.gaps, 0);
    const demo = this.config.demo > 0;
    return { position, guests, secrets, wipes, corruptSources, gaps, activity, demo };
  }

  private async guests(): Promise<Overview['guests']> {
    const heard = await guestsHeard(this.log.views);
    const guests = { total: heard.length, online: 0, silent: 0, stopped: 0 };
    for (const words of heard) guests[this.presence.of(words).presence]++;
    return guests;
  }
}
