import { z } from 'zod';

import { endpoint } from './endpoint.ts';
import { Policy } from './policy.ts';
import { filledLine, Guid, line, page, pageQuery, Position, Time } from './primitives.ts';

/** What the fleet knows about a GUID. */
export const CatalogueData = z.strictObject({
  name: filledLine(100),
  purpose: line(300),
  owner: line(100),
  classification: z.enum(['internal', 'confidential', 'restricted']),
  /** Whether a copy of the secret is kept elsewhere, so that wiping it is not losing it. */
  escrow: z.enum(['yes', 'no', 'unknown']),
  policy: Policy.nullable(),
});
export type CatalogueData = z.infer<typeof CatalogueData>;

export const CatalogueEntry = z.object({
  guid: Guid,
  ...CatalogueData.shape,
  declaredAt: Time,
  changedAt: Time,
  /** Position of the last change. */
  version: Position,
});
export type CatalogueEntry = z.infer<typeof CatalogueEntry>;

const params = z.strictObject({ guid: Guid });

export const listCatalogue = endpoint({
  method: 'GET',
  path: '/v1/catalogue',
  summary: 'What the fleet knows about GUIDs',
  caller: 'people',
  action: 'read',
  query: z.strictObject({ ...pageQuery }),
  response: page(CatalogueEntry),
});

export const getCatalogueEntry = endpoint({
  method: 'GET',
  path: '/v1/catalogue/{guid}',
  summary: 'What the fleet knows about a GUID',
  caller: 'people',
  action: 'read',
  params,
  response: CatalogueEntry,
});

/** Declares a GUID, or revises what was declared of it; the same again changes nothing. */
export const putCatalogueEntry = endpoint({
  method: 'PUT',
  path: '/v1/catalogue/{guid}',
  summary: 'Declare or revise a GUID, with its policy',
  caller: 'people',
  action: 'catalogue.change',
  params,
  body: CatalogueData,
  response: CatalogueEntry,
});

export const deleteCatalogueEntry = endpoint({
  method: 'DELETE',
  path: '/v1/catalogue/{guid}',
  summary: 'Withdraw a GUID, and its policy with it',
  caller: 'people',
  action: 'catalogue.change',
  params,
  response: z.null(),
  status: 204,
});
