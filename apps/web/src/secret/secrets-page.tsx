'use client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { type Secret, SecretState, SourceKind } from '@vestige/contract';
import { KeyRound } from 'lucide-react';
import { useQueryStates } from 'nuqs';

import { links } from '#links.ts';
import { sourceNames } from '#source/source-words.ts';
import { DataTable } from '#ui/data-table.tsx';
import { Chip, Choice, ClearFilters, FilterBar, SearchBox } from '#ui/filter-bar.tsx';
import { TextLink } from '#ui/link.tsx';
import { Empty } from '#ui/note.tsx';
import { PagedList } from '#ui/paged-list.tsx';
import { PageHead } from '#ui/panel.tsx';

import { secretColumns } from './secret-columns.tsx';
import { secretFilters, secretQuery } from './secret-filters.ts';
import { secretsQuestion } from './secret-questions.ts';
import { secretWords } from './secret-words.ts';

type FilterState = ReturnType<typeof useQueryStates<typeof secretFilters>>;

/** All secrets of the fleet: what each is, where, how it stands, who read it. */
export function SecretsPage() {
  const [filters, setFilters] = useQueryStates(secretFilters);
  const secrets = useInfiniteQuery(secretsQuestion(secretQuery(filters)));
  const isFiltered = Object.values(filters).some((value) => value !== null);
  const first = secrets.data?.pages[0]?.items[0];
  return (
    <>
      <PageHead
        title="Secrets"
        lead="What the fleet’s guests hold or held. Vestige knows about them, and never holds one."
      />
      <section aria-label="Secrets" className="rounded-lg border bg-panel shadow-xs">
        <FilterBar>
          <Filters filters={filters} setFilters={setFilters} guestName={first?.guestName} />
          <ClearFilters shown={isFiltered} onClear={() => void setFilters(null)} />
        </FilterBar>
        <PagedList of={secrets} noun="secrets" empty={isFiltered ? <NoMatch /> : <NoSecrets />}>
          {(rows: Secret[]) => (
            <DataTable
              caption="Secrets"
              columns={secretColumns}
              rows={rows}
              rowId={(secret) => secret.id}
              width="sm:min-w-240"
            />
          )}
        </PagedList>
      </section>
    </>
  );
}

const readOptions = [
  { value: 'true', name: 'Read' },
  { value: 'false', name: 'No read seen' },
] as const;

function Filters({
  filters,
  setFilters,
  guestName,
}: {
  filters: FilterState[0];
  setFilters: FilterState[1];
  guestName: string | undefined;
}) {
  return (
    <>
      <SearchBox
        label="Search secrets"
        value={filters.q}
        onChange={(q) => void setFilters({ q })}
      />
      <Choice
        label="State"
        value={filters.state}
        onChange={(state) => void setFilters({ state })}
        options={SecretState.options.map((value) => ({ value, name: secretWords[value].word }))}
      />
      <Choice
        label="Source"
        value={filters.source}
        onChange={(source) => void setFilters({ source })}
        options={SourceKind.options.map((value) => ({ value, name: sourceNames[value] }))}
      />
      <Choice
        label="Reads"
        value={filters.read === null ? null : filters.read ? 'true' : 'false'}
        onChange={(read) => void setFilters({ read: read === null ? null : read === 'true' })}
        options={readOptions}
      />
      {filters.guest === null ? null : (
        <Chip onRemove={() => void setFilters({ guest: null })}>
          {`Guest: ${guestName ?? filters.guest}`}
        </Chip>
      )}
      {filters.guid === null ? null : (
        <Chip onRemove={() => void setFilters({ guid: null })}>{`GUID: ${filters.guid}`}</Chip>
      )}
      {filters.label === null ? null : (
        <Chip onRemove={() => void setFilters({ label: null })}>{`Label: ${filters.label}`}</Chip>
      )}
    </>
  );
}

function NoMatch() {
  return (
    <Empty icon={KeyRound} title="No secret matches these filters">
      Take a filter off, or search for a part of the GUID, the usage or the guest’s name.
    </Empty>
  );
}

function NoSecrets() {
  return (
    <Empty icon={KeyRound} title="No secret has been seen yet">
      Secrets appear here as soon as an agent reports them.{' '}
      <TextLink href={links.enrol()}>Enrol a guest</TextLink> to begin.
    </Empty>
  );
}
