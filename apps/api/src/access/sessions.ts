import { Injectable } from '@nestjs/common';
import { Subject } from 'rxjs';
import { DataSource, LessThan } from 'typeorm';

import { digest, newSecret } from './digest.ts';
import {
  Operators,
  Sessions as SessionTable,
  type OperatorRow,
  type SessionRow,
} from './tables.ts';

const minute = 60_000;
const idleMs = 30 * minute;
export const absoluteMs = 12 * 60 * minute;

/** A session that is alive, with its person. */
export interface OpenSession {
  readonly hash: string;
  readonly operator: OperatorRow;
  readonly expiresAt: number;
}

/** Sessions of people: opaque ids of which only the SHA-256 is stored. */
@Injectable()
export class Sessions {
  /** Hashes of sessions as they are closed. */
  readonly closed = new Subject<string>();

  constructor(private readonly access: DataSource) {}

  async open(operator: OperatorRow): Promise<{ id: string; session: OpenSession }> {
    const id = newSecret();
    const now = Date.now();
    const row = { hash: digest(id), operator: operator.id, openedAt: now, usedAt: now };
    await this.table.delete({ openedAt: LessThan(now - absoluteMs) });
    await this.table.insert(row);
    return { id, session: { hash: row.hash, operator, expiresAt: expiryOf(row) } };
  }

  /** The session with this id, if it is alive; using it puts its idle end off. */
  async use(id: string): Promise<OpenSession | null> {
    const session = await this.find(digest(id));
    if (session === null) return null;
    await this.table.update(
      { hash: session.hash, usedAt: LessThan(Date.now() - minute) },
      { usedAt: Date.now() },
    );
    return session;
  }

  /** The same without counting as use. */
  async find(hash: string): Promise<OpenSession | null> {
    const row = await this.table.findOneBy({ hash });
    if (row === null || expiryOf(row) <= Date.now()) return null;
    const operator = await this.access.getRepository(Operators).findOneBy({ id: row.operator });
    return operator === null ? null : { hash, operator, expiresAt: expiryOf(row) };
  }

  async close(hash: string): Promise<void> {
    await this.table.delete({ hash });
    this.closed.next(hash);
  }

  private get table() {
    return this.access.getRepository(SessionTable);
  }
}

function expiryOf(row: SessionRow): number {
  return Math.min(row.openedAt + absoluteMs, row.usedAt + idleMs);
}
