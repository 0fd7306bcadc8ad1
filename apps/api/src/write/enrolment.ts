import { Injectable } from '@nestjs/common';
import type { Answer, endpoints, HandlerInput } from '@vestige/contract';
import { uuid5, type NewEventOf } from '@vestige/events';
import type { FastifyRequest } from 'fastify';

import { derived } from '../access/digest.ts';
import { EnrolmentTokens } from '../access/enrolment-tokens.ts';
import { AgentSignatures } from '../http/agent-signatures.ts';
import { EventLog } from '../log/event-log.ts';
import { Refusal } from '../problem.ts';

type Enrol = (typeof endpoints)['enrol'];

const namespace = '5f1a5c1e-6c0b-5d0e-9d5c-0c3a3b8d7e20';

/** Lets a guest in: its key is proved, its token's use is taken once and for all. */
@Injectable()
export class Enrolment {
  constructor(
    private readonly tokens: EnrolmentTokens,
    private readonly signatures: AgentSignatures,
    private readonly log: EventLog,
  ) {}

  async enrol(body: HandlerInput<Enrol>['body'], request: FastifyRequest): Promise<Answer<Enrol>> {
    await this.signatures.verify(request, async (keyid) => {
      if (keyid === body.publicKey) return keyid;
      throw new Refusal('bad-signature', 'Enrolling is signed with the key that it brings.');
    });
    const token = await this.tokens.find(body.token);
    const { k, guest } = await this.tokens.claim(token, body.publicKey);
    const { name, publicKey, agentVersion } = body;
    const enrolled = await this.record({
      // The id is the use's own, so that however often this is tried a use is one event.
      id: uuid5(namespace, [token.id, String(k)]),
      type: 'guest.enrolled',
      stream: `guest-${guest}`,
      at: new Date().toISOString(),
      actor: { kind: 'guest', id: guest },
      guest,
      data: { name, labels: token.labels, publicKey, enrolmentToken: token.id, agentVersion },
    });
    // The same however often the answer is lost.
    return { ...enrolled, joinState: derived(body.token, guest) };
  }

  /** The guest's first signed request must find its key, so the views are waited for. */
  private async record(fact: NewEventOf<'guest.enrolled'>): Promise<Answer<Enrol>> {
    const [appended] = await this.log.append([fact]);
    const position = appended?.position ?? 0;
    await this.log.followers.reached(position);
    const [recorded] = await this.log.store.read(position, 1);
    if (recorded?.event.type !== 'guest.enrolled') throw new Error('another event has this id');
    const { stream, data } = recorded.event;
    return { guest: stream.slice('guest-'.length), name: data.name, labels: data.labels };
  }
}
