import type { QueryClient } from '@tanstack/react-query';

/** Asks again what is on the screen. What stands still on purpose, marked `meta: { still: true }`, is left alone. */
export function refresh(queries: QueryClient): Promise<void> {
  return queries.invalidateQueries({ predicate: ({ meta }) => meta?.['still'] !== true });
}
