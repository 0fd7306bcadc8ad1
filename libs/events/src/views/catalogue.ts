import type { CatalogueData, Guid, GuidPolicy, Policy } from '@vestige/contract';
import { type DataSource, EntitySchema, IsNull, Not } from 'typeorm';

import { EventsError } from '../error.ts';
import type { View } from '../follow/view.ts';
import { type Page, pageOf, type PageQuery } from './page.ts';

/** What the fleet knows, or knew, about a GUID. */
export interface CatalogueRow extends CatalogueData {
  guid: Guid;
  declaredAt: string;
  changedAt: string;
  /** Position of the last change. */
  version: number;
  /** Kept, so that whoever has its policy learns that it is gone. */
  withdrawn: boolean;
}

const CatalogueEntity = new EntitySchema<CatalogueRow>({
  name: 'catalogue_view',
  columns: {
    guid: { type: 'text', primary: true },
    name: { type: 'text' },
    purpose: { type: 'text' },
    owner: { type: 'text' },
    classification: { type: 'text' },
    escrow: { type: 'text' },
    policy: { type: 'simple-json', nullable: true },
    declaredAt: { type: 'text' },
    changedAt: { type: 'text' },
    version: { type: 'bigint' },
    withdrawn: { type: 'boolean' },
  },
  indices: [{ name: 'catalogue_view_version', columns: ['version'], unique: true }],
});

const prefix = 'catalogue-';

export const catalogueView: View<CatalogueRow> = {
  name: 'catalogue',
  version: 1,
  entity: CatalogueEntity,
  keysOf: ({ event }) =>
    event.stream.startsWith(prefix) ? [[event.stream.slice(prefix.length)]] : [],
  evolve(row, { event, position }, [guid]) {
    const changed = { changedAt: event.at, version: position };
    if (event.type === 'catalogue.declared')
      return {
        ...event.data,
        ...changed,
        guid: String(guid),
        declaredAt: event.at,
        withdrawn: false,
      };
    if (row === undefined) return undefined;
    if (event.type === 'catalogue.revised') return { ...row, ...event.data, ...changed };
    return { ...row, ...changed, withdrawn: true };
  },
};

/** What is declared now, by GUID. */
export async function queryCatalogue(
  dataSource: DataSource,
  { limit, cursor }: PageQuery,
): Promise<Page<CatalogueRow>> {
  if (cursor !== undefined && !/^[0-9a-f-]{36}$/.test(cursor))
    throw new EventsError('bad-cursor', 'Not a cursor of this list.');
  const find = dataSource
    .getRepository(CatalogueEntity)
    .createQueryBuilder('entry')
    .where('entry.withdrawn = :withdrawn', { withdrawn: false });
  if (cursor !== undefined) find.andWhere('entry.guid > :cursor', { cursor });
  const rows = await find
    .orderBy('entry.guid', 'ASC')
    .limit(limit + 1)
    .getMany();
  return pageOf(rows, limit, ({ guid }) => guid);
}

/** What is declared of a GUID now; null where nothing is. */
export async function findCatalogueEntry(
  dataSource: DataSource,
  guid: Guid,
): Promise<CatalogueRow | null> {
  return dataSource.getRepository(CatalogueEntity).findOneBy({ guid, withdrawn: false });
}

/** Position of the newest change of the catalogue, withdrawals too; -1 where there never was one. */
export async function catalogueVersion(dataSource: DataSource): Promise<number> {
  return (await dataSource.getRepository(CatalogueEntity).maximum('version')) ?? -1;
}

export interface PoliciesInForce {
  readonly version: number;
  readonly policies: GuidPolicy[];
}

/** The policies of everything that is declared now, by GUID, and the version of the catalogue that they are at least of. */
export async function policiesInForce(dataSource: DataSource): Promise<PoliciesInForce> {
  // In this order: what changes in between is told again under the newer version.
  const version = await catalogueVersion(dataSource);
  const rows = await dataSource.getRepository(CatalogueEntity).find({
    select: { guid: true, version: true, policy: true },
    where: { withdrawn: false, policy: Not(IsNull()) },
    order: { guid: 'ASC' },
  });
  return { version, policies: rows.map(policyOf) };
}

/** Only rows with a policy are asked for. */
function policyOf({ guid, version, policy }: CatalogueRow): GuidPolicy {
  return { guid, version, policy: policy as Policy };
}
