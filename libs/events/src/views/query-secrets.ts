import type { BootId, GuestId, Secret, SecretId, SourceReport } from '@vestige/contract';
import { type DataSource, In, Not, type SelectQueryBuilder } from 'typeorm';

import { BootEntity } from './boots.ts';
import { anyContains } from './dialect.ts';
import { GuestEntity, type GuestRow, hasLabel, labelText } from './guests.ts';
import { containing, cursorPosition, type Page, pageOf, type PageQuery } from './page.ts';
import { SecretEntity, type SecretRow } from './secrets.ts';

/** A secret as the contract shows it, but for its guest's presence, which only the API knows. */
export type FoundSecret = Omit<Secret, 'guestPresence'> & {
  readonly guestStopped: boolean;
  readonly guestLastEventAt: string;
};

export interface SecretsQuery extends PageQuery {
  readonly ids?: readonly SecretId[] | undefined;
  readonly guids?: readonly string[] | undefined;
  readonly guests?: readonly string[] | undefined;
  readonly state?: string | undefined;
  readonly source?: string | undefined;
  /** `key` or `key=value` each; all of them must be on the guest. */
  readonly labels?: readonly string[] | undefined;
  readonly read?: boolean | undefined;
  /** Part of a name, a usage or a guest's name. */
  readonly q?: string | undefined;
}

/** Secrets over the fleet, the newest discovered first. */
export async function querySecrets(
  dataSource: DataSource,
  query: SecretsQuery,
): Promise<Page<FoundSecret>> {
  const find = joined(dataSource);
  narrow(find, query);
  narrowByText(dataSource, find, query);
  find.orderBy('secret.discoveredPosition', 'DESC').limit(query.limit + 1);
  const { entities, raw } = await find.getRawAndEntities<JoinedColumns>();
  const found = entities.map((row, index) => foundSecret(row, raw[index]!));
  return pageOf(
    entities.map((row, index) => ({ row, secret: found[index]! })),
    query.limit,
    ({ row }) => String(row.discoveredPosition),
    ({ secret }) => secret,
  );
}

export async function findSecret(
  dataSource: DataSource,
  id: SecretId,
): Promise<FoundSecret | null> {
  const { items } = await querySecrets(dataSource, { ids: [id], limit: 1 });
  return items[0] ?? null;
}

/** What is still present of boots that are over, in the order of discovery. */
export async function presentInOtherBoots(
  dataSource: DataSource,
  guest: GuestId,
  boot: BootId,
): Promise<SecretRow[]> {
  return dataSource.getRepository(SecretEntity).find({
    where: { guest, boot: Not(boot), state: 'present' },
    order: { discoveredPosition: 'ASC' },
  });
}

/** Those of the given secrets whose boot is over. */
export async function endedAmong(
  dataSource: DataSource,
  ids: readonly SecretId[],
): Promise<SecretId[]> {
  const rows = await dataSource
    .getRepository(SecretEntity)
    .findBy({ id: In([...ids]), state: 'ended' });
  return rows.map(({ id }) => id);
}

interface JoinedColumns {
  guestName: string;
  guestLabels: string;
  guestSources: string;
  guestStopped: boolean | number;
  guestLastEventAt: string;
  isWatchedLate: boolean | number | null;
  firstBlind: number | null;
}

function joined(dataSource: DataSource): SelectQueryBuilder<SecretRow> {
  return dataSource
    .getRepository(SecretEntity)
    .createQueryBuilder('secret')
    .innerJoin(GuestEntity.options.name, 'guest', 'guest.id = secret.guest')
    .leftJoin(
      BootEntity.options.name,
      'boot',
      'boot.guest = secret.guest AND boot.boot = secret.boot',
    )
    .addSelect('guest.name', 'guestName')
    .addSelect('guest.labels', 'guestLabels')
    .addSelect('guest.sources', 'guestSources')
    .addSelect('guest.stopped', 'guestStopped')
    .addSelect('guest.lastEventAt', 'guestLastEventAt')
    .addSelect('boot.isWatchedLate', 'isWatchedLate')
    .addSelect('boot.firstBlind', 'firstBlind');
}

function narrow(find: SelectQueryBuilder<SecretRow>, query: SecretsQuery): void {
  const { ids, guids, guests, state, source, read, cursor } = query;
  if (ids !== undefined) find.andWhere('secret.id IN (:...ids)', { ids });
  if (guids !== undefined) find.andWhere('secret.guid IN (:...guids)', { guids });
  if (guests !== undefined) find.andWhere('secret.guest IN (:...guests)', { guests });
  if (state !== undefined) find.andWhere('secret.state = :state', { state });
  if (source !== undefined) find.andWhere('secret.sourceKind = :source', { source });
  if (read !== undefined) find.andWhere(read ? 'secret.reads > 0' : 'secret.reads = 0');
  if (cursor !== undefined)
    find.andWhere('secret.discoveredPosition < :before', { before: cursorPosition(cursor) });
}

function narrowByText(
  dataSource: DataSource,
  find: SelectQueryBuilder<SecretRow>,
  { labels, q }: SecretsQuery,
): void {
  for (const [index, label] of (labels ?? []).entries())
    find.andWhere(hasLabel(dataSource, `label${index}`), { [`label${index}`]: labelText(label) });
  if (q !== undefined)
    find.andWhere(anyContains(dataSource, ['secret.name', 'secret.usage', 'guest.name'], 'q'), {
      q: containing(q),
    });
}

function foundSecret(row: SecretRow, guest: JoinedColumns): FoundSecret {
  const { sourceKind, sourcePath, discoveredPosition, ...secret } = row;
  const sources = JSON.parse(guest.guestSources) as GuestRow['sources'];
  const report = sources.find(
    ({ source }) => source.kind === sourceKind && source.path === sourcePath,
  );
  return {
    ...secret,
    source: { kind: sourceKind, path: sourcePath },
    guestName: guest.guestName,
    guestLabels: JSON.parse(guest.guestLabels) as Record<string, string>,
    guestStopped: Boolean(guest.guestStopped),
    guestLastEventAt: guest.guestLastEventAt,
    ...asReported(report),
    priorAccess: mayHaveBeenRead(guest, discoveredPosition) ? 'unknown' : 'none',
  };
}

function asReported(report: SourceReport | undefined): Pick<Secret, 'capabilities' | 'method'> {
  return { capabilities: report?.capabilities ?? [], method: report?.method ?? 'none' };
}

/** Nobody watched before the agent's start; and what it misses later it tells as a gap. */
function mayHaveBeenRead(boot: JoinedColumns, discoveredPosition: number): boolean {
  if (boot.isWatchedLate === null || Boolean(boot.isWatchedLate)) return true;
  return boot.firstBlind !== null && boot.firstBlind < discoveredPosition;
}
