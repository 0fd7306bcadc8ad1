import { Injectable } from '@nestjs/common';
import type { Role } from '@vestige/contract';
import type { FastifyRequest } from 'fastify';

import { hashPassword, verifyPassword } from '../access/password.ts';
import { demoName, People } from '../access/people.ts';
import { SetUpLink } from '../access/set-up-link.ts';
import { SignInGuard } from '../access/sign-in-guard.ts';
import { isTaken } from '../access/store.ts';
import type { OperatorRow } from '../access/tables.ts';
import { Config, isLoopback } from '../config.ts';
import { EventLog } from '../log/event-log.ts';
import { Refusal } from '../problem.ts';

const service = { kind: 'service' } as const;

/** The three ways in: password, set-up link, demo on loopback. */
@Injectable()
export class SignIn {
  constructor(
    private readonly people: People,
    private readonly guard: SignInGuard,
    private readonly link: SetUpLink,
    private readonly log: EventLog,
    private readonly config: Config,
  ) {}

  async options(): Promise<{ setUpRequired: boolean; demo: boolean }> {
    return { setUpRequired: !(await this.people.exist()), demo: this.demoIsOn };
  }

  async withPassword(name: string, password: string, address: string): Promise<OperatorRow> {
    const operator = await this.people.byName(name);
    try {
      this.guard.attempt(name, address);
    } catch (locked) {
      await this.refused(operator, 'locked');
      throw locked;
    }
    const matches = await verifyPassword(operator?.passwordHash ?? null, password);
    if (operator === null || !matches) {
      await this.refused(operator, operator === null ? 'unknown-name' : 'wrong-password');
      throw new Refusal('wrong-credentials', 'Check name and password and try again.');
    }
    this.guard.succeeded(name, address);
    return operator;
  }

  async setUp(body: { token: string; name: string; password: string }): Promise<OperatorRow> {
    if (await this.people.exist())
      throw new Refusal('set-up-done', 'An admin exists already. Sign in, or ask the admin.');
    if (body.name === demoName)
      throw new Refusal('invalid-request', `"${demoName}" is the name of the demo's account.`);
    await this.link.take(body.token);
    return this.create(body.name, 'admin', await hashPassword(body.password));
  }

  async toDemo(request: FastifyRequest): Promise<OperatorRow> {
    if (!this.demoIsOn) throw new Refusal('not-found', 'This service runs no demo on loopback.');
    if (!isLoopback(request.ip) || isForwarded(request))
      throw new Refusal('not-allowed', 'The demo can be used on its own machine only.');
    const known = await this.people.byName(demoName);
    if (known !== null) return known;
    try {
      return await this.create(demoName, 'operator', null);
    } catch (error) {
      const other = isTaken(error) ? await this.people.byName(demoName) : null;
      if (other === null) throw error;
      return other;
    }
  }

  private get demoIsOn(): boolean {
    const { demo, host, publicUrl } = this.config;
    return demo > 0 && isLoopback(host) && isLoopback(publicUrl.hostname);
  }

  private async create(name: string, role: Role, hash: string | null): Promise<OperatorRow> {
    const operator = await this.people.add(name, role, hash);
    await this.log.record('operator.created', `operator-${operator.id}`, service, { role });
    return operator;
  }

  private async refused(
    operator: OperatorRow | null,
    reason: 'unknown-name' | 'wrong-password' | 'locked',
  ): Promise<void> {
    const stream = operator === null ? 'service' : `operator-${operator.id}`;
    await this.log.record('session.refused', stream, service, { reason });
  }
}

/** Forwarded headers are believed only where they speak against the caller. */
function isForwarded({ headers }: FastifyRequest): boolean {
  const chain = [headers['x-forwarded-for'] ?? []].flat().join(',');
  return chain.split(',').some((hop) => hop.trim() !== '' && !isLoopback(hop.trim()));
}
