import type { Labels } from '@vestige/contract';
import { type DataSource, EntitySchema } from 'typeorm';

import type { View } from '../follow/view.ts';
import { cursorPosition, type Page, pageOf, type PageQuery } from './page.ts';

/** An enrolment token as the log knows it: never its secret part. */
export interface EnrolmentRow {
  token: string;
  labels: Labels;
  uses: number;
  used: number;
  issuedAt: string;
  issuedPosition: number;
  expiresAt: string;
  revokedAt: string | null;
}

const EnrolmentEntity = new EntitySchema<EnrolmentRow>({
  name: 'enrolment_view',
  columns: {
    token: { type: 'text', primary: true },
    labels: { type: 'simple-json' },
    uses: { type: 'integer' },
    used: { type: 'integer' },
    issuedAt: { type: 'text' },
    issuedPosition: { type: 'bigint' },
    expiresAt: { type: 'text' },
    revokedAt: { type: 'text', nullable: true },
  },
  indices: [{ name: 'enrolment_view_issued', columns: ['issuedPosition'], unique: true }],
});

export const enrolmentsView: View<EnrolmentRow> = {
  name: 'enrolments',
  version: 1,
  entity: EnrolmentEntity,
  keysOf({ event }) {
    if (event.type === 'guest.enrolled') return [[event.data.enrolmentToken]];
    return event.type === 'enrolment-token.issued' || event.type === 'enrolment-token.revoked'
      ? [[event.data.token]]
      : [];
  },
  evolve(row, { event, position }) {
    if (event.type === 'enrolment-token.issued')
      return {
        ...event.data,
        used: 0,
        issuedAt: event.at,
        issuedPosition: position,
        revokedAt: null,
      };
    if (row === undefined) return undefined;
    if (event.type === 'guest.enrolled') return { ...row, used: row.used + 1 };
    return { ...row, revokedAt: row.revokedAt ?? event.at };
  },
};

/** Enrolment tokens, newest first. */
export async function queryEnrolments(
  dataSource: DataSource,
  { limit, cursor }: PageQuery,
): Promise<Page<EnrolmentRow>> {
  const find = dataSource.getRepository(EnrolmentEntity).createQueryBuilder('enrolment');
  if (cursor !== undefined)
    find.where('enrolment.issuedPosition < :before', { before: cursorPosition(cursor) });
  const rows = await find
    .orderBy('enrolment.issuedPosition', 'DESC')
    .limit(limit + 1)
    .getMany();
  return pageOf(rows, limit, (row) => String(row.issuedPosition));
}

export async function findEnrolment(
  dataSource: DataSource,
  token: string,
): Promise<EnrolmentRow | null> {
  return dataSource.getRepository(EnrolmentEntity).findOneBy({ token });
}
