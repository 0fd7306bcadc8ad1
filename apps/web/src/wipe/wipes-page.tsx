'use client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { type Wipe, WipeState } from '@vestige/contract';
import { Eraser } from 'lucide-react';
import { parseAsStringLiteral, useQueryStates } from 'nuqs';

import { links } from '#links.ts';
import { DataTable } from '#ui/data-table.tsx';
import { Choice, ClearFilters, FilterBar } from '#ui/filter-bar.tsx';
import { TextLink } from '#ui/link.tsx';
import { Empty } from '#ui/note.tsx';
import { PagedList } from '#ui/paged-list.tsx';
import { PageHead } from '#ui/panel.tsx';

import { wipeColumns } from './wipe-columns.tsx';
import { wipesQuestion } from './wipe-questions.ts';

const outcomes = ['succeeded', 'partly', 'failed', 'cancelled'] as const;

const wipeFilters = {
  state: parseAsStringLiteral(WipeState.options),
  outcome: parseAsStringLiteral(outcomes),
};

const stateNames: Record<WipeState, string> = {
  requested: 'Requested',
  released: 'Under way',
  completed: 'Completed',
};

const outcomeNames = {
  succeeded: 'Succeeded',
  partly: 'Partly done',
  failed: 'Failed',
  cancelled: 'Cancelled',
} as const;

/** All wipe orders, newest first. */
export function WipesPage() {
  const [filters, setFilters] = useQueryStates(wipeFilters);
  const wipes = useInfiniteQuery(wipesQuestion(filters.state));
  const isFiltered = filters.state !== null || filters.outcome !== null;
  return (
    <>
      <PageHead
        title="Wipes"
        lead="Every order to wipe, and what became of each secret in it. Nothing of it is ever deleted."
      />
      <section aria-label="Wipe orders" className="rounded-lg border bg-panel shadow-xs">
        <Filters filters={filters} setFilters={setFilters} />
        <PagedList
          of={wipes}
          noun="orders"
          keep={({ outcome }) => filters.outcome === null || outcome === filters.outcome}
          empty={
            isFiltered ? (
              <Empty icon={Eraser} title="No order matches these filters" />
            ) : (
              <NoWipes />
            )
          }
        >
          {(rows: Wipe[]) => (
            <DataTable
              caption="Wipe orders"
              columns={wipeColumns}
              rows={rows}
              rowId={(wipe) => wipe.id}
            />
          )}
        </PagedList>
      </section>
    </>
  );
}

type FilterState = ReturnType<typeof useQueryStates<typeof wipeFilters>>;

function Filters({ filters, setFilters }: { filters: FilterState[0]; setFilters: FilterState[1] }) {
  const isFiltered = filters.state !== null || filters.outcome !== null;
  return (
    <FilterBar>
      <Choice
        label="State"
        value={filters.state}
        onChange={(state) => void setFilters({ state })}
        options={WipeState.options.map((value) => ({ value, name: stateNames[value] }))}
      />
      <Choice
        label="Outcome"
        value={filters.outcome}
        onChange={(outcome) => void setFilters({ outcome })}
        options={outcomes.map((value) => ({ value, name: outcomeNames[value] }))}
      />
      <ClearFilters shown={isFiltered} onClear={() => void setFilters(null)} />
    </FilterBar>
  );
}

function NoWipes() {
  return (
    <Empty icon={Eraser} title="Nothing has been ordered to be wiped">
      Open one of the{' '}
      <TextLink href={links.secrets({ state: 'present' })}>present secrets</TextLink> to order its
      wipe.
    </Empty>
  );
}
