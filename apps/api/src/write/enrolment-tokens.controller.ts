import { Controller } from '@nestjs/common';
import { endpoints, type HandlerInput } from '@vestige/contract';
import { findEnrolment } from '@vestige/events';

import { EnrolmentTokens } from '../access/enrolment-tokens.ts';
import { actorOf, type Person } from '../http/caller.ts';
import { By, Endpoint, Input } from '../http/endpoint.decorator.ts';
import { EventLog } from '../log/event-log.ts';
import { shownToken } from '../log/shown-token.ts';
import { Refusal } from '../problem.ts';

const hour = 3600;

@Controller()
export class EnrolmentTokensWriteController {
  constructor(
    private readonly tokens: EnrolmentTokens,
    private readonly log: EventLog,
  ) {}

  @Endpoint(endpoints.issueEnrolmentToken)
  async issue(
    @Input() { body }: HandlerInput<typeof endpoints.issueEnrolmentToken>,
    @By() person: Person,
  ) {
    const { labels = {}, uses = 1, expiresIn = hour } = body;
    const { token, row } = await this.tokens.issue(labels, uses, expiresIn);
    const expiresAt = new Date(row.expiresAt).toISOString();
    const data = { token: row.id, uses, expiresAt, labels };
    const position = await this.log.record(
      'enrolment-token.issued',
      'service',
      actorOf(person),
      data,
    );
    await this.log.followers.reached(position);
    return { id: row.id, token, expiresAt };
  }

  @Endpoint(endpoints.revokeEnrolmentToken)
  async revoke(
    @Input() { params }: HandlerInput<typeof endpoints.revokeEnrolmentToken>,
    @By() person: Person,
  ) {
    const { id } = params;
    const known = await findEnrolment(this.log.views, id);
    if (known === null) throw new Refusal('not-found', 'No enrolment token has this id.');
    // The log may have failed between the two the last time.
    if ((await this.tokens.revoke(id)) || known.revokedAt === null) {
      const actor = actorOf(person);
      const data = { token: id };
      const position = await this.log.record('enrolment-token.revoked', 'service', actor, data);
      await this.log.followers.reached(position);
    }
    const row = await findEnrolment(this.log.views, id);
    if (row === null) throw new Refusal('not-found', 'No enrolment token has this id.');
    return shownToken(row);
  }
}
