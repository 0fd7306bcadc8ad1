import { Controller, Logger } from '@nestjs/common';
import { endpoints, type HandlerInput } from '@vestige/contract';

import { Endpoint, Input } from '../http/endpoint.decorator.ts';
import { EventLog } from '../log/event-log.ts';
import { Refusal } from '../problem.ts';

const logger = new Logger('Followers');

@Controller()
export class FollowersWriteController {
  constructor(private readonly log: EventLog) {}

  /** It may take long, so it goes on by itself; the list of followers shows how far it is, and why it failed. */
  @Endpoint(endpoints.rebuildFollower)
  rebuild(@Input() { params }: HandlerInput<typeof endpoints.rebuildFollower>) {
    const { name } = params;
    const follower = this.log.followers.status().find((one) => one.name === name);
    if (follower === undefined || follower.kind === 'reactor')
      throw new Refusal('not-found', 'Nothing that can be rebuilt has this name.');
    if (follower.rebuilding === null)
      this.log.followers.rebuild(name).catch((error: unknown) =>
        logger.error({
          failed: 'rebuild',
          name,
          because: error instanceof Error ? error.name : '',
        }),
      );
    return { name };
  }
}
