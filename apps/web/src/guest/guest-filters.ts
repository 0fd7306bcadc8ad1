import type { Guest } from '@vestige/contract';
import { parseAsBoolean, parseAsString, parseAsStringLiteral } from 'nuqs/server';

export const presences = ['online', 'silent', 'stopped'] as const;
export const conditions = ['populated', 'empty', 'corrupt', 'absent'] as const;

/** The filters of the guests' list as they stand in the address. */
export const guestFilters = {
  q: parseAsString,
  presence: parseAsStringLiteral(presences),
  condition: parseAsStringLiteral(conditions),
  gaps: parseAsBoolean,
};

export interface GuestFilterValues {
  readonly presence: Guest['presence'] | null;
  readonly condition: (typeof conditions)[number] | null;
  readonly gaps: boolean | null;
}

/** The filters that the API has no parameter for. */
export function keepsGuest(filters: GuestFilterValues): (guest: Guest) => boolean {
  const { presence, condition, gaps } = filters;
  return (guest) =>
    (presence === null || guest.presence === presence) &&
    (condition === null || guest.sources.some((source) => source.condition === condition)) &&
    (gaps !== true || guest.gaps > 0);
}
