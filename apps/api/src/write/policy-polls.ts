import type { ServerResponse } from 'node:http';

import { Injectable } from '@nestjs/common';
import type { Answer, endpoints } from '@vestige/contract';
import { catalogueVersion, policiesInForce } from '@vestige/events';
import { defer, filter, firstValueFrom, merge, take, takeUntil } from 'rxjs';

import { EventLog } from '../log/event-log.ts';
import { Lifecycle } from '../log/lifecycle.ts';
import { changesOf, endOf } from './long-poll.ts';
import { Quarantine } from './quarantine.ts';

type Policies = Answer<(typeof endpoints)['policies']>;

/** Long polls of agents for policies, woken when the catalogue changes. */
@Injectable()
export class PolicyPolls {
  private readonly versions;

  constructor(
    private readonly log: EventLog,
    private readonly lifecycle: Lifecycle,
    private readonly quarantine: Quarantine,
  ) {
    this.versions = changesOf(log, () => catalogueVersion(log.views));
  }

  /** Any other version than the guest's is news: where the service was restored it may be an older one. */
  async wait(
    guest: string,
    { after, wait }: { after: number; wait: number },
    response: ServerResponse,
  ): Promise<Policies> {
    const { views } = this.log;
    const changes = this.versions.pipe(takeUntil(endOf(wait, this.lifecycle, response)));
    const news = merge(
      defer(() => catalogueVersion(views)),
      changes,
    ).pipe(
      filter((version) => version !== after),
      take(1),
    );
    const version = await firstValueFrom(news, { defaultValue: after });
    if (version === after) return { version, policies: null };
    // A poll may have been open when its guest was quarantined.
    await this.quarantine.requireFree(guest);
    return policiesInForce(views);
  }
}
