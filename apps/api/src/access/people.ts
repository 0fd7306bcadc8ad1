import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import type { Actor, Role } from '@vestige/contract';
import { DataSource, Not } from 'typeorm';

import { digest } from './digest.ts';
import { ApiTokens, Operators, type ApiTokenRow, type OperatorRow } from './tables.ts';

/** The name of the account that a demo on loopback signs in to. */
export const demoName = 'demo';

/** People and API tokens. */
@Injectable()
export class People {
  constructor(private readonly access: DataSource) {}

  byName(name: string): Promise<OperatorRow | null> {
    return this.access.getRepository(Operators).findOneBy({ name });
  }

  byId(id: string): Promise<OperatorRow | null> {
    return this.access.getRepository(Operators).findOneBy({ id });
  }

  /** Whether a person who can sign in with a password exists; the demo's account is none. */
  async exist(): Promise<boolean> {
    return this.access.getRepository(Operators).existsBy({ name: Not(demoName) });
  }

  async add(name: string, role: Role, passwordHash: string | null): Promise<OperatorRow> {
    const row = { id: randomUUID(), name, role, passwordHash, createdAt: Date.now() };
    await this.access.getRepository(Operators).insert(row);
    return row;
  }

  tokenOf(secret: string): Promise<ApiTokenRow | null> {
    return this.access.getRepository(ApiTokens).findOneBy({ hash: digest(secret) });
  }

  async hasTokens(): Promise<boolean> {
    return (await this.access.getRepository(ApiTokens).count()) > 0;
  }

  async addToken(secret: string, name: string, role: Role): Promise<ApiTokenRow> {
    const row = { hash: digest(secret), id: randomUUID(), name, role, createdAt: Date.now() };
    await this.access.getRepository(ApiTokens).insert(row);
    return row;
  }

  /** The name of whoever acted; guests and the service have none here. */
  async nameOf(actor: Actor): Promise<string | null> {
    if (actor.kind === 'operator') return (await this.byId(actor.id))?.name ?? null;
    if (actor.kind !== 'token') return null;
    return (await this.access.getRepository(ApiTokens).findOneBy({ id: actor.id }))?.name ?? null;
  }

  /** Names of people and tokens by id, for lists. */
  async names(): Promise<Map<string, string>> {
    const [people, tokens] = await Promise.all([
      this.access.getRepository(Operators).find(),
      this.access.getRepository(ApiTokens).find(),
    ]);
    return new Map([...people, ...tokens].map(({ id, name }) => [id, name]));
  }
}
