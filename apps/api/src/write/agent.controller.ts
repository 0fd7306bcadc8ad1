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

/** What a guest's agent says and asks. */
@Controller()
export class AgentController {
  constructor(
    private readonly enrolment: Enrolment,
    private readonly ingest: Ingest,
    private readonly openOrders: OpenOrders,
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
    return this.ingest.observe(guest.id, body);
  }

  @Endpoint(endpoints.orders)
  async orders(
    @Input() { query }: HandlerInput<typeof endpoints.orders>,
    @By() guest: GuestCaller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const close = this.presence.pollOpened(guest.id);
    try {
      return await this.openOrders.wait(guest.id, query, reply.raw);
    } finally {
      close();
    }
  }
}
