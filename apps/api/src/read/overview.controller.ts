import { Controller } from '@nestjs/common';
import { endpoints, type Overview } from '@vestige/contract';
import { GuestEntity, queryActivity, WipeEntity } from '@vestige/events';

import { Config } from '../config.ts';
import { Endpoint } from '../http/endpoint.decorator.ts';
import { EventLog } from '../log/event-log.ts';
import { Presence } from '../log/presence.ts';
import { countAll } from './secret-counts.ts';

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
    const [size, fleet, secrets, wipes, activity] = await Promise.all([
      store.size(),
      this.fleet(),
      countAll(views),
      this.wipes(),
      queryActivity(views, new Date()),
    ]);
    const gaps = activity.reduce((total, hour) => total + hour.gaps, 0);
    const demo = this.config.demo > 0;
    return { position: size, ...fleet, secrets, wipes, gaps, activity, demo };
  }

  private async fleet(): Promise<Pick<Overview, 'guests' | 'corruptSources'>> {
    const rows = await this.log.views
      .getRepository(GuestEntity)
      .find({ select: { id: true, stopped: true, lastEventAt: true, sources: true } });
    const guests = { total: rows.length, online: 0, silent: 0, stopped: 0 };
    for (const row of rows) guests[this.presence.of(row).presence]++;
    const sources = rows.flatMap((row) => row.sources);
    const corruptSources = sources.filter(({ condition }) => condition === 'corrupt').length;
    return { guests, corruptSources };
  }

  private async wipes(): Promise<Overview['wipes']> {
    const rows = await this.log.views
      .createQueryBuilder()
      .select('wipe.outcome', 'outcome')
      .addSelect('COUNT(*)', 'total')
      .from(WipeEntity, 'wipe')
      .groupBy('wipe.outcome')
      .getRawMany<{ outcome: string | null; total: number }>();
    const counts = { open: 0, completed: 0, failed: 0 };
    for (const { outcome, total } of rows) counts[wordFor(outcome)] += total;
    return counts;
  }
}

/** A partly failed order counts as failed: somebody has to look at it. */
function wordFor(outcome: string | null): keyof Overview['wipes'] {
  if (outcome === null) return 'open';
  return outcome === 'failed' || outcome === 'partly' ? 'failed' : 'completed';
}
