import { Injectable } from '@nestjs/common';
import { can, type EndpointShape } from '@vestige/contract';
import type { FastifyRequest } from 'fastify';

import { People } from '../access/people.ts';
import { Sessions } from '../access/sessions.ts';
import { Config } from '../config.ts';
import { GuestKeys } from '../log/guest-keys.ts';
import { Refusal } from '../problem.ts';
import { AgentSignatures } from './agent-signatures.ts';
import type { Caller, Person } from './caller.ts';
import { requireOwnOrigin } from './origin.ts';
import { readCookie } from './session-cookie.ts';

/** Tells who calls, and whether they may; no forwarded header is believed. */
@Injectable()
export class Callers {
  constructor(
    private readonly people: People,
    private readonly sessions: Sessions,
    private readonly signatures: AgentSignatures,
    private readonly guests: GuestKeys,
    private readonly config: Config,
  ) {}

  async admit(endpoint: EndpointShape, request: FastifyRequest): Promise<Caller> {
    if (endpoint.caller === 'anyone') return { kind: 'anyone' };
    if (endpoint.caller === 'people') return this.admitPerson(endpoint, request);
    if (endpoint.caller === 'people-or-agent' && request.headers['signature-input'] === undefined)
      return this.admitPerson(endpoint, request);
    return this.admitGuest(request);
  }

  private async admitGuest(request: FastifyRequest): Promise<Caller> {
    let quarantined = false;
    const id = await this.signatures.verify(request, async (keyid) => {
      const guest = await this.guests.find(keyid);
      quarantined = guest?.quarantined ?? false;
      return guest?.publicKey ?? null;
    });
    return { kind: 'guest', id, quarantined };
  }

  private async admitPerson(endpoint: EndpointShape, request: FastifyRequest): Promise<Person> {
    const { authorization } = request.headers;
    const person =
      authorization === undefined
        ? await this.bySession(request)
        : await this.byToken(authorization);
    if (endpoint.action === undefined) throw new Refusal('not-allowed', 'Nobody may do this.');
    const verdict = can(person, endpoint.action);
    if (!verdict.allowed) throw new Refusal('not-allowed', verdict.reason);
    return person;
  }

  private async byToken(authorization: string): Promise<Person> {
    const secret = /^Bearer ([\x21-\x7e]{1,200})$/i.exec(authorization)?.[1];
    const token = secret === undefined ? null : await this.people.tokenOf(secret);
    if (token === null) throw new Refusal('not-signed-in', 'The API token is unknown.');
    const { id, name, role } = token;
    return { kind: 'token', id, name, role, expiresAt: null, session: null };
  }

  private async bySession(request: FastifyRequest): Promise<Person> {
    const id = readCookie(request, this.config.publicUrl);
    const session = id === undefined ? null : await this.sessions.use(id);
    if (session === null)
      throw new Refusal('not-signed-in', 'Sign in, or send an API token as Authorization: Bearer.');
    if (request.method !== 'GET') requireOwnOrigin(request.headers, this.config.publicUrl);
    const { operator, expiresAt, hash } = session;
    return {
      kind: 'operator',
      id: operator.id,
      name: operator.name,
      role: operator.role,
      expiresAt: new Date(expiresAt).toISOString(),
      session: hash,
    };
  }
}
