import { randomInt, randomUUID, timingSafeEqual } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import type { Labels } from '@vestige/contract';
import { DataSource, IsNull } from 'typeorm';

import { Refusal } from '../problem.ts';
import { digest, newSecret } from './digest.ts';
import { isTaken } from './store.ts';
import {
  EnrolmentTokens as TokenTable,
  EnrolmentUses,
  type EnrolmentTokenRow,
  type EnrolmentUseRow,
} from './tables.ts';

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** `vet_<id>_<secret>`: the prefix lets secret scanners find one that leaked. */
const tokenForm = /^vet_([0-9A-Za-z]{8})_[A-Za-z0-9_-]{43}$/;

/** Enrolment tokens: the secret part is stored as SHA-256 only, and each use belongs to one key for good. */
@Injectable()
export class EnrolmentTokens {
  constructor(private readonly access: DataSource) {}

  async issue(labels: Labels, uses: number, validSeconds: number) {
    const id = Array.from({ length: 8 }, () => base62[randomInt(base62.length)]).join('');
    const token = `vet_${id}_${newSecret()}`;
    const issuedAt = Date.now();
    const expiresAt = issuedAt + validSeconds * 1000;
    const row = { id, hash: digest(token), labels, uses, issuedAt, expiresAt, revokedAt: null };
    await this.tokens.insert(row);
    return { token, row };
  }

  /** The token that this text is; throws for any other text. */
  async find(token: string): Promise<EnrolmentTokenRow> {
    const id = tokenForm.exec(token)?.[1];
    const row = id === undefined ? null : await this.tokens.findOneBy({ id });
    // Both are SHA-256 in hex, so the lengths are the same.
    const matches = timingSafeEqual(
      Buffer.from(digest(token)),
      Buffer.from(row?.hash ?? digest('no token')),
    );
    if (row === null || !matches)
      throw new Refusal('token-unknown', 'Ask an operator for a new enrolment token.');
    return row;
  }

  /**
   * The use of this token that belongs to this key: the one that it has, as its answer may have been lost, else a new one.
   * The primary key (token, k) decides between keys that come at once.
   */
  async claim(token: EnrolmentTokenRow, publicKey: string): Promise<EnrolmentUseRow> {
    const own = await this.uses.findOneBy({ token: token.id, publicKey });
    if (own !== null) return own;
    requireUsable(token);
    for (let k = await this.usedOf(token.id); k < token.uses; k++) {
      const use = { token: token.id, k, guest: randomUUID(), publicKey };
      if (await this.insertUse(use)) return use;
    }
    const late = await this.uses.findOneBy({ token: token.id, publicKey });
    if (late !== null) return late;
    throw new Refusal('token-used', 'Ask an operator for a new enrolment token.');
  }

  /** Ends a token; answers whether it is this call that did. */
  async revoke(id: string): Promise<boolean> {
    const { affected } = await this.tokens.update(
      { id, revokedAt: IsNull() },
      { revokedAt: Date.now() },
    );
    return affected === 1;
  }

  private async insertUse(use: EnrolmentUseRow): Promise<boolean> {
    try {
      await this.uses.insert(use);
      return true;
    } catch (error) {
      if (isTaken(error)) return false;
      throw error;
    }
  }

  private usedOf(token: string): Promise<number> {
    return this.uses.countBy({ token });
  }

  private get tokens() {
    return this.access.getRepository(TokenTable);
  }

  private get uses() {
    return this.access.getRepository(EnrolmentUses);
  }
}

function requireUsable(token: EnrolmentTokenRow): void {
  if (token.revokedAt !== null)
    throw new Refusal('token-revoked', 'The enrolment token was revoked. Ask for a new one.');
  if (token.expiresAt <= Date.now())
    throw new Refusal('token-expired', 'Ask an operator for a new enrolment token.');
}
