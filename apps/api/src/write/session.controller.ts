import { Controller, Req, Res } from '@nestjs/common';
import { endpoints, type HandlerInput, type Session } from '@vestige/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { Sessions } from '../access/sessions.ts';
import type { OperatorRow } from '../access/tables.ts';
import { Config } from '../config.ts';
import type { Person } from '../http/caller.ts';
import { By, Endpoint, Input } from '../http/endpoint.decorator.ts';
import { PerMinute } from '../http/limits.ts';
import { requireOwnOrigin } from '../http/origin.ts';
import { clearCookie, writeCookie } from '../http/session-cookie.ts';
import { EventLog } from '../log/event-log.ts';
import { SignIn } from './sign-in.ts';

@Controller()
export class SessionController {
  constructor(
    private readonly signIns: SignIn,
    private readonly sessions: Sessions,
    private readonly log: EventLog,
    private readonly config: Config,
  ) {}

  @Endpoint(endpoints.signInOptions)
  options() {
    return this.signIns.options();
  }

  @Endpoint(endpoints.getSession)
  show(@By() person: Person): Session {
    const { id, kind, name, role, expiresAt } = person;
    return { id, kind, name, role, expiresAt, demo: this.config.demo > 0 };
  }

  @Endpoint(endpoints.signIn)
  @PerMinute(30)
  async signIn(
    @Input() { body }: HandlerInput<typeof endpoints.signIn>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Session> {
    requireOwnOrigin(request.headers, this.config.publicUrl);
    const operator = await this.signIns.withPassword(body.name, body.password, request.ip);
    return this.open(operator, 'password', reply);
  }

  @Endpoint(endpoints.signInToDemo)
  @PerMinute(120)
  async signInToDemo(
    @Input() _: HandlerInput<typeof endpoints.signInToDemo>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Session> {
    requireOwnOrigin(request.headers, this.config.publicUrl);
    const operator = await this.signIns.toDemo(request);
    return this.open(operator, 'demo', reply);
  }

  @Endpoint(endpoints.setUp)
  @PerMinute(30)
  async setUp(
    @Input() { body }: HandlerInput<typeof endpoints.setUp>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Session> {
    requireOwnOrigin(request.headers, this.config.publicUrl);
    const operator = await this.signIns.setUp(body);
    return this.open(operator, 'set-up', reply);
  }

  @Endpoint(endpoints.signOut)
  async signOut(@By() person: Person, @Res({ passthrough: true }) reply: FastifyReply) {
    if (person.session !== null) {
      await this.sessions.close(person.session);
      const actor = { kind: 'operator', id: person.id } as const;
      await this.log.record('session.closed', `operator-${person.id}`, actor, {});
    }
    clearCookie(reply, this.config.publicUrl);
    return null;
  }

  private async open(
    operator: OperatorRow,
    method: 'password' | 'set-up' | 'demo',
    reply: FastifyReply,
  ): Promise<Session> {
    const { id, name, role } = operator;
    const actor = { kind: 'operator', id } as const;
    await this.log.record('session.opened', `operator-${id}`, actor, { method });
    const { id: cookie, session } = await this.sessions.open(operator);
    writeCookie(reply, this.config.publicUrl, cookie);
    const expiresAt = new Date(session.expiresAt).toISOString();
    return { id, kind: 'operator', name, role, expiresAt, demo: this.config.demo > 0 };
  }
}
