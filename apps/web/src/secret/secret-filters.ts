import { Guid, SecretState, SourceKind } from '@vestige/contract';
import {
  createLoader,
  type inferParserType,
  parseAsBoolean,
  parseAsString,
  parseAsStringLiteral,
} from 'nuqs/server';

/** The filters of the secrets' list as they stand in the address; the same words as the API's. */
export const secretFilters = {
  q: parseAsString,
  state: parseAsStringLiteral(SecretState.options),
  source: parseAsStringLiteral(SourceKind.options),
  read: parseAsBoolean,
  guest: parseAsString,
  guid: parseAsString,
  label: parseAsString,
};

export const loadSecretFilters = createLoader(secretFilters);

type FilterValues = inferParserType<typeof secretFilters>;

export type SecretQuery = Record<string, string>;

/** What to ask the API for: filters that are set, a whole GUID in the search box as what it is. */
export function secretQuery(filters: FilterValues): SecretQuery {
  const query: SecretQuery = {};
  for (const [name, value] of Object.entries(filters))
    if (value !== null) query[name] = String(value);
  const guid = Guid.safeParse(query['q']?.trim().toLowerCase());
  if (!guid.success || query['guid'] !== undefined) return query;
  const { q: _, ...rest } = query;
  return { ...rest, guid: guid.data };
}
