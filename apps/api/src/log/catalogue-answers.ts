import { findCatalogueEntry, type CatalogueRow } from '@vestige/events';
import type { DataSource } from 'typeorm';

import { Refusal } from '../problem.ts';

/** What is declared of this GUID, or a refusal. */
export async function requireCatalogueEntry(
  views: DataSource,
  guid: string,
): Promise<CatalogueRow> {
  const entry = await findCatalogueEntry(views, guid);
  if (entry === null) throw new Refusal('not-found', 'Nothing is declared of this GUID.');
  return entry;
}
