import type { Event, EventType, SecretId } from '@vestige/contract';
import { type DataSource, type SelectQueryBuilder } from 'typeorm';

import { decodeEntry } from '../entry.ts';
import { EventIndexEntity, type EventIndexRow, MentionEntity, sourceKey } from './event-index.ts';
import { cursorPosition, type Page, pageOf, type PageQuery } from './page.ts';
import { SecretEntity, type SecretRow } from './secrets.ts';
import { TargetEntity } from './targets.ts';

/** An event with what the index knows of it. */
export interface FoundEvent {
  readonly position: number;
  readonly event: Event;
  readonly secret: string | null;
  readonly wipe: string | null;
}

export interface EventsQuery {
  readonly limit: number;
  readonly order?: 'asc' | 'desc' | undefined;
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  readonly type?: EventType | undefined;
  readonly guest?: string | undefined;
  readonly guid?: string | undefined;
  readonly secret?: string | undefined;
  readonly wipe?: string | undefined;
}

/** The log through the index; `next` is the `after` (or, descending, the `before`) of the following page. */
export async function queryEvents(
  dataSource: DataSource,
  query: EventsQuery,
): Promise<Page<FoundEvent>> {
  const { limit, order = 'asc', after, before, secret } = query;
  const find = dataSource.getRepository(EventIndexEntity).createQueryBuilder('indexed');
  if (after !== undefined) find.andWhere('indexed.position > :after', { after });
  if (before !== undefined) find.andWhere('indexed.position < :before', { before });
  for (const column of ['type', 'guest', 'guid', 'wipe'] as const) {
    if (query[column] === undefined) continue;
    // One secret has few events of its own: they are found by it, and no index over the fleet's events is to be used.
    const compared = secret === undefined ? `indexed.${column}` : `COALESCE(indexed.${column}, '')`;
    find.andWhere(`${compared} = :${column}`, { [column]: query[column] });
  }
  if (secret !== undefined)
    find.innerJoin(
      MentionEntity.options.name,
      'mention',
      'mention.position = indexed.position AND mention.secret = :secret',
      { secret },
    );
  find.orderBy('indexed.position', order === 'asc' ? 'ASC' : 'DESC').limit(limit + 1);
  return withEntries(dataSource, find, limit);
}

/** Events of a boot that bear on every secret of it. */
const bootWide = ['guest.booted', 'agent.started', 'agent.stopped', 'agent.gap'] as const;
const orderWide = ['wipe.released', 'wipe.completed'] as const;

/** Everything that bears on one secret, oldest first; null where there is no such secret. */
export async function queryTimeline(
  dataSource: DataSource,
  id: SecretId,
  { limit, cursor }: PageQuery,
): Promise<Page<FoundEvent> | null> {
  const secret = await dataSource.getRepository(SecretEntity).findOneBy({ id });
  if (secret === null) return null;
  const find = dataSource.getRepository(EventIndexEntity).createQueryBuilder('indexed');
  find
    .where(`(${bearing(find).join(' OR ')})`, { ...bearingValues(secret) })
    .andWhere('indexed.position > :after', {
      after: cursor === undefined ? -1 : cursorPosition(cursor),
    })
    .orderBy('indexed.position', 'ASC')
    .limit(limit + 1);
  return withEntries(dataSource, find, limit);
}

function bearing(find: SelectQueryBuilder<EventIndexRow>): string[] {
  const mentions = find.subQuery().select('mention.position').from(MentionEntity, 'mention');
  const orders = find.subQuery().select('target.wipe').from(TargetEntity, 'target');
  const ofItsBoot = 'indexed.guest = :guest AND indexed.boot = :boot';
  return [
    `indexed.position IN ${mentions.where('mention.secret = :id').getQuery()}`,
    `(${ofItsBoot} AND indexed.type IN (:...bootWide))`,
    `(${ofItsBoot} AND indexed.type = 'source.changed' AND indexed.source = :source)`,
    `(indexed.type IN (:...orderWide) AND indexed.wipe IN ${orders.where('target.secret = :id').getQuery()})`,
  ];
}

function bearingValues({ id, guest, boot, sourceKind, sourcePath }: SecretRow) {
  return { id, guest, boot, bootWide, orderWide, source: sourceKey(sourceKind, sourcePath) };
}

/** Adds the entries to a page of the index by one more read. */
async function withEntries(
  dataSource: DataSource,
  find: SelectQueryBuilder<EventIndexRow>,
  limit: number,
): Promise<Page<FoundEvent>> {
  const rows = await find.getMany();
  const { items, next } = pageOf(rows, limit, ({ position }) => String(position));
  const events = await entriesAt(
    dataSource,
    items.map(({ position }) => position),
  );
  return {
    items: items.map(({ position, secret, wipe }) => ({
      position,
      event: events.get(position)!,
      secret,
      wipe,
    })),
    next,
  };
}

async function entriesAt(
  dataSource: DataSource,
  positions: readonly number[],
): Promise<Map<number, Event>> {
  if (positions.length === 0) return new Map();
  const rows = await dataSource
    .createQueryBuilder()
    .select('stored.position', 'position')
    .addSelect('stored.entry', 'entry')
    .from('event', 'stored')
    .where('stored.position IN (:...positions)', { positions })
    .getRawMany<{ position: number; entry: Uint8Array }>();
  return new Map(rows.map(({ position, entry }) => [position, decodeEntry(entry)]));
}
