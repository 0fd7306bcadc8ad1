import type {
  GuestId,
  Order,
  SecretId,
  Target,
  TargetState,
  WipeId,
  WipeState,
} from '@vestige/contract';
import { type DataSource, In, LessThanOrEqual } from 'typeorm';

import { EventsError } from '../error.ts';
import { GuestEntity } from './guests.ts';
import { cursorPosition, type Page, pageOf, type PageQuery } from './page.ts';
import { SecretEntity } from './secrets.ts';
import { TargetEntity, type TargetRow } from './targets.ts';
import { type FoundWipe, WipeEntity, type WipeRow } from './wipes.ts';

export interface WipesQuery extends PageQuery {
  readonly state?: WipeState | undefined;
  readonly secret?: SecretId | undefined;
}

/** Wipe orders, newest first. */
export async function queryWipes(
  dataSource: DataSource,
  query: WipesQuery,
): Promise<Page<FoundWipe>> {
  const { limit, cursor, state, secret } = query;
  const find = dataSource.getRepository(WipeEntity).createQueryBuilder('wipe');
  if (state !== undefined) find.andWhere('wipe.state = :state', { state });
  if (secret !== undefined)
    find.innerJoin(
      TargetEntity.options.name,
      'target',
      'target.wipe = wipe.id AND target.secret = :secret',
      {
        secret,
      },
    );
  if (cursor !== undefined)
    find.andWhere('wipe.requestedPosition < :before', { before: cursorPosition(cursor) });
  const rows = await find
    .orderBy('wipe.requestedPosition', 'DESC')
    .limit(limit + 1)
    .getMany();
  const { items, next } = pageOf(rows, limit, (row) => String(row.requestedPosition));
  return { items: await counted(dataSource, items), next };
}

export async function findWipe(dataSource: DataSource, id: WipeId): Promise<FoundWipe | null> {
  const row = await dataSource.getRepository(WipeEntity).findOneBy({ id });
  return row === null ? null : (await counted(dataSource, [row]))[0]!;
}

async function counted(dataSource: DataSource, rows: readonly WipeRow[]): Promise<FoundWipe[]> {
  if (rows.length === 0) return [];
  const counts = await dataSource
    .getRepository(TargetEntity)
    .createQueryBuilder('target')
    .select('target.wipe', 'wipe')
    .addSelect('target.state', 'state')
    .addSelect('COUNT(*)', 'count')
    .where('target.wipe IN (:...ids)', { ids: rows.map(({ id }) => id) })
    .groupBy('target.wipe')
    .addGroupBy('target.state')
    .getRawMany<{ wipe: string; state: TargetState; count: number | string }>();
  return rows.map((row) => ({
    ...row,
    counts: Object.fromEntries(
      counts
        .filter(({ wipe }) => wipe === row.id)
        .map(({ state, count }) => [state, Number(count)]),
    ),
  }));
}

export interface TargetsQuery extends PageQuery {
  readonly wipe: WipeId;
}

/** An order's targets by secret. */
export async function queryTargets(
  dataSource: DataSource,
  query: TargetsQuery,
): Promise<Page<Target>> {
  const { limit, cursor, wipe } = query;
  if (cursor !== undefined && !/^[0-9a-f-]{36}$/.test(cursor))
    throw new EventsError('bad-cursor', 'Not a cursor of this list.');
  const { entities, raw } = await dataSource
    .getRepository(TargetEntity)
    .createQueryBuilder('target')
    .leftJoin(GuestEntity.options.name, 'guest', 'guest.id = target.guest')
    .leftJoin(SecretEntity.options.name, 'secret', 'secret.id = target.secret')
    .addSelect('guest.name', 'guestName')
    .addSelect('secret.usage', 'secretUsage')
    .where('target.wipe = :wipe AND target.secret > :after', { wipe, after: cursor ?? '' })
    .orderBy('target.secret')
    .limit(limit + 1)
    .getRawAndEntities<{ guestName: string | null; secretUsage: string | null }>();
  const joined = entities.map((row, index) => ({ row, ...raw[index]! }));
  return pageOf(
    joined,
    limit,
    ({ row }) => row.secret,
    ({ row, guestName, secretUsage }) => target(row, guestName ?? '', secretUsage),
  );
}

function target(row: TargetRow, guestName: string, usage: string | null): Target {
  const { secret, guest, boot, sourceKind, sourcePath, name, guid } = row;
  const { state, updatedAt, detail, evidence } = row;
  const source = { kind: sourceKind, path: sourcePath };
  return {
    secret,
    guest,
    guestName,
    boot,
    source,
    name,
    guid,
    usage,
    state,
    updatedAt,
    detail,
    evidence,
  };
}

/** The orders that are open for a guest and were released after a position, oldest first. */
export async function openOrders(
  dataSource: DataSource,
  guest: GuestId,
  after: number,
): Promise<Order[]> {
  const { entities, raw } = await dataSource
    .getRepository(TargetEntity)
    .createQueryBuilder('target')
    .innerJoin(WipeEntity.options.name, 'wipe', 'wipe.id = target.wipe')
    .addSelect('wipe.releasedPosition', 'releasedPosition')
    .addSelect('wipe.executeBefore', 'executeBefore')
    .where('target.guest = :guest', { guest })
    .andWhere("target.state IN ('queued', 'delivered')")
    .andWhere('wipe.releasedPosition > :after', { after })
    .orderBy('wipe.releasedPosition')
    .addOrderBy('target.secret')
    .getRawAndEntities<{ releasedPosition: number | string; executeBefore: string | null }>();
  return entities.map((row, index) => ({
    order: row.wipe,
    secret: row.secret,
    position: Number(raw[index]!.releasedPosition),
    boot: row.boot,
    ref: {
      source: { kind: row.sourceKind, path: row.sourcePath },
      name: row.name,
      guid: row.guid,
    },
    executeBefore: raw[index]!.executeBefore,
  }));
}

/** The orders that wait for an answer about this secret. */
export async function openWipesOf(dataSource: DataSource, secret: SecretId): Promise<WipeId[]> {
  const rows = await dataSource
    .getRepository(TargetEntity)
    .findBy({ secret, state: In(['queued', 'delivered']) });
  return rows.map(({ wipe }) => wipe);
}

const overdueMax = 500;

/** Orders under way whose time is over; times of one form compare as text. The longest overdue come first. */
export async function overdueWipes(dataSource: DataSource, now: string): Promise<WipeId[]> {
  const rows = await dataSource.getRepository(WipeEntity).find({
    // States are named, as "not completed" is no range of the index.
    where: { state: In(['requested', 'released']), executeBefore: LessThanOrEqual(now) },
    order: { executeBefore: 'ASC' },
    take: overdueMax,
  });
  return rows.map(({ id }) => id);
}

/** The targets of an order that its agents have. */
export async function deliveredTargets(dataSource: DataSource, wipe: WipeId): Promise<SecretId[]> {
  const rows = await dataSource.getRepository(TargetEntity).findBy({ wipe, state: 'delivered' });
  return rows.map(({ secret }) => secret);
}
