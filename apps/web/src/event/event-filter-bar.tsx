'use client';
import { EventType } from '@vestige/contract';
import type { useQueryStates } from 'nuqs';

import { Chip, Choice, ClearFilters, FilterBar } from '#ui/filter-bar.tsx';

import type { eventFilters } from './event-filters.ts';
import { eventWords } from './event-words.ts';

type FilterState = ReturnType<typeof useQueryStates<typeof eventFilters>>;

const references = [
  ['guest', 'Guest'],
  ['guid', 'GUID'],
  ['secret', 'Secret'],
  ['wipe', 'Order'],
] as const;

const typeOptions = EventType.options.map((value) => ({
  value,
  name: `${eventWords[value].word} (${value})`,
}));

/** The filters of the log: its type by choice, what it is about as it came with a link. */
export function EventFilterBar({
  filters,
  setFilters,
}: {
  filters: FilterState[0];
  setFilters: FilterState[1];
}) {
  const isFiltered = Object.values(filters).some((value) => value !== null);
  return (
    <FilterBar>
      <Choice
        label="Type"
        value={filters.type}
        onChange={(type) => void setFilters({ type })}
        options={typeOptions}
      />
      {references.map(([name, title]) => {
        const value = filters[name];
        return value === null ? null : (
          <Chip key={name} onRemove={() => void setFilters({ [name]: null })}>
            {`${title}: ${value}`}
          </Chip>
        );
      })}
      <ClearFilters shown={isFiltered} onClear={() => void setFilters(null)} />
    </FilterBar>
  );
}
