import { EventType } from '@vestige/contract';
import {
  createLoader,
  type inferParserType,
  parseAsString,
  parseAsStringLiteral,
} from 'nuqs/server';

/** The filters of the log as they stand in the address; the same words as the API's. */
export const eventFilters = {
  type: parseAsStringLiteral(EventType.options),
  guest: parseAsString,
  guid: parseAsString,
  secret: parseAsString,
  wipe: parseAsString,
};

export const loadEventFilters = createLoader(eventFilters);

export type EventQuery = Record<string, string>;

/** What to ask the API for: the filters that are set. */
export function eventQuery(filters: inferParserType<typeof eventFilters>): EventQuery {
  const set = Object.entries(filters).filter(
    (entry): entry is [string, EventType] => entry[1] !== null,
  );
  return Object.fromEntries(set);
}
