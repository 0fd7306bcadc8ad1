import { Controller, Req, Res } from '@nestjs/common';
import { endpoints, type HandlerInput } from '@vestige/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';

import type { GuestCaller } from '../http/caller.ts';
import { By, Endpoint, Input } from '../http/endpoint.decorator.ts';
import { PerMinute } from '../http/limits.ts';
import { Presence } from '../log/presence.ts';
import { Enrolment } from './enrolment.ts';
import { Ingest } from './ingest.ts';
import { OpenOrders } from './open-orders.ts';
import { PolicyPolls } from './policy-polls.ts';
import { quarantined } from './quarantine.ts';

/** What a guest's agent says and asks. */
@Controller()
export class AgentController {
  constructor(
    private readonly enrolment: Enrolment,
    private readonly ingest: Ingest,
    private readonly openOrders: OpenOrders,
    private readonly policyPolls: PolicyPolls,
    private readonly presence: Presence,
  ) {}

  @Endpoint(endpoints.enrol)
  @PerMinute(6000)
  enrol(@Input() { body }: HandlerInput<typeof endpoints.enrol>, @Req() request: FastifyRequest) {
    return this.enrolment.enrol(body, request);
  }

  @Endpoint(endpoints.observe)
  observe(@Input() { body }: HandlerInput<typeof endpoints.observe>, @By() guest: GuestCaller) {
    this.presence.heard(guest.id);
    requireFree(guest);
    return this.ingest.observe(guest.id, body);
  }

  @Endpoint(endpoints.orders)
  orders(
    @Input() { query }: HandlerInput<typeof endpoints.orders>,
    @By() guest: GuestCaller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.polling(guest, () => this.openOrders.wait(guest.id, query, reply.raw));
  }

  @Endpoint(endpoints.policies)
  policies(
    @Input() { query }: HandlerInput<typeof endpoints.policies>,
    @By() guest: GuestCaller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.polling(guest, () => this.policyPolls.wait(guest.id, query, reply.raw));
  }

  /** A long poll is contact for as long as it is open. */
  private async polling<T>(guest: GuestCaller, wait: () => Promise<T>): Promise<T> {
    const close = this.presence.pollOpened(guest.id);
    try {
      requireFree(guest);
      return await wait();
    } finally {
      close();
    }
  }
}

function requireFree(guest: GuestCaller): void {
  if (guest.quarantined) throw quarantined();
}
