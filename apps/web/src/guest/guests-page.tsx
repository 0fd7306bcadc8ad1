'use client';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { Guest } from '@vestige/contract';
import { Plus, ServerOff } from 'lucide-react';
import NextLink from 'next/link';
import { useQueryStates } from 'nuqs';

import { EnrolSteps } from '#enrol/enrol-steps.tsx';
import { links } from '#links.ts';
import { conditionWords } from '#source/source-words.ts';
import { buttonLook } from '#ui/button.tsx';
import { DataTable } from '#ui/data-table.tsx';
import { Chip, Choice, ClearFilters, FilterBar, SearchBox } from '#ui/filter-bar.tsx';
import { Empty } from '#ui/note.tsx';
import { PagedList } from '#ui/paged-list.tsx';
import { PageHead } from '#ui/panel.tsx';

import { guestColumns } from './guest-columns.tsx';
import { conditions, guestFilters, keepsGuest, presences } from './guest-filters.ts';
import { guestsQuestion } from './guest-questions.ts';
import { presenceWords } from './guest-words.ts';

/** All guests of the fleet. */
export function GuestsPage() {
  const [filters, setFilters] = useQueryStates(guestFilters);
  const guests = useInfiniteQuery(guestsQuestion(filters.q));
  const isFiltered = Object.values(filters).some((value) => value !== null);
  const enrol = (
    <NextLink href={links.enrol()} className={buttonLook('primary')}>
      <Plus aria-hidden className="size-4" />
      Enrol a guest
    </NextLink>
  );
  return (
    <>
      <PageHead title="Guests" lead="Confidential VMs with an agent in them." actions={enrol} />
      <section aria-label="Guests" className="rounded-lg border bg-panel shadow-xs">
        <Filters filters={filters} setFilters={setFilters} isFiltered={isFiltered} />
        <PagedList
          of={guests}
          noun="guests"
          keep={keepsGuest(filters)}
          empty={isFiltered ? <NoMatch /> : <NoGuests />}
        >
          {(rows: Guest[]) => (
            <DataTable
              caption="Guests"
              columns={guestColumns}
              rows={rows}
              rowId={(guest) => guest.id}
            />
          )}
        </PagedList>
      </section>
    </>
  );
}

type FilterState = ReturnType<typeof useQueryStates<typeof guestFilters>>;

function Filters({
  filters,
  setFilters,
  isFiltered,
}: {
  filters: FilterState[0];
  setFilters: FilterState[1];
  isFiltered: boolean;
}) {
  return (
    <FilterBar>
      <SearchBox label="Search guests" value={filters.q} onChange={(q) => void setFilters({ q })} />
      <Choice
        label="Presence"
        value={filters.presence}
        onChange={(presence) => void setFilters({ presence })}
        options={presences.map((value) => ({ value, name: presenceWords[value].word }))}
      />
      <Choice
        label="Source"
        value={filters.condition}
        onChange={(condition) => void setFilters({ condition })}
        options={conditions.map((value) => ({ value, name: conditionWords[value].word }))}
      />
      {filters.gaps === true ? (
        <Chip onRemove={() => void setFilters({ gaps: null })}>With gaps</Chip>
      ) : null}
      <ClearFilters shown={isFiltered} onClear={() => void setFilters(null)} />
    </FilterBar>
  );
}

function NoMatch() {
  return <Empty icon={ServerOff} title="No guest matches these filters" />;
}

function NoGuests() {
  return (
    <div className="p-4">
      <p className="mb-4 text-ink-2">
        No guest has been enrolled yet. Three steps bring the first one in.
      </p>
      <EnrolSteps />
    </div>
  );
}
