'use client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { EventType, type RecordedEvent } from '@vestige/contract';
import { ArrowUp, Pause, Play, ScrollText } from 'lucide-react';
import { useQueryStates } from 'nuqs';
import { useState } from 'react';

import { useLive } from '#live/live-provider.tsx';
import { Button } from '#ui/button.tsx';
import { Chip, Choice, ClearFilters, FilterBar } from '#ui/filter-bar.tsx';
import { Empty } from '#ui/note.tsx';
import { PagedList } from '#ui/paged-list.tsx';
import { PageHead } from '#ui/panel.tsx';

import { eventFilters, eventQuery } from './event-filters.ts';
import { EventList } from './event-list.tsx';
import { eventsQuestion } from './event-questions.ts';
import { eventWords } from './event-words.ts';

type FilterState = ReturnType<typeof useQueryStates<typeof eventFilters>>;

/** The log's tail; it follows the log until paused. */
export function EventsPage() {
  const [filters, setFilters] = useQueryStates(eventFilters);
  const [pausedAt, setPausedAt] = useState<number | null>(null);
  const isPaused = pausedAt !== null;
  const events = useInfiniteQuery({
    ...eventsQuestion(eventQuery(filters)),
    meta: { still: isPaused },
    ...(isPaused ? { staleTime: Infinity } : {}),
  });
  const newest = useLive().position ?? events.data?.pages[0]?.items[0]?.position ?? 0;
  const resume = () => {
    setPausedAt(null);
    void events.refetch();
  };
  return (
    <>
      <PageHead
        title="Events"
        lead="The log, newest first: everything that was seen, ordered and decided."
        actions={
          <Button onClick={isPaused ? resume : () => setPausedAt(newest)} aria-pressed={isPaused}>
            {isPaused ? (
              <Play aria-hidden className="size-4" />
            ) : (
              <Pause aria-hidden className="size-4" />
            )}
            {isPaused ? 'Follow the log' : 'Pause'}
          </Button>
        }
      />
      <section aria-label="Events" className="rounded-lg border bg-panel shadow-xs">
        <Filters filters={filters} setFilters={setFilters} />
        <div aria-live="polite">
          {isPaused && newest > pausedAt ? (
            <button
              type="button"
              onClick={resume}
              className="flex min-h-9 w-full items-center justify-center gap-1.5 border-b bg-accent-soft text-xs font-medium text-accent"
            >
              <ArrowUp aria-hidden className="size-3.5" />
              The log has grown by {newest - pausedAt}
            </button>
          ) : null}
        </div>
        <PagedList
          of={events}
          noun="events"
          empty={<Empty icon={ScrollText} title="No such event is in the log" />}
        >
          {(rows: RecordedEvent[]) => <EventList events={rows} />}
        </PagedList>
      </section>
    </>
  );
}

const references = [
  ['guest', 'Guest'],
  ['guid', 'GUID'],
  ['secret', 'Secret'],
  ['wipe', 'Order'],
] as const;

function Filters({ filters, setFilters }: { filters: FilterState[0]; setFilters: FilterState[1] }) {
  const isFiltered = Object.values(filters).some((value) => value !== null);
  return (
    <FilterBar>
      <Choice
        label="Type"
        value={filters.type}
        onChange={(type) => void setFilters({ type })}
        options={EventType.options.map((value) => ({
          value,
          name: `${eventWords[value].word} (${value})`,
        }))}
      />
      {references.map(([name, title]) => {
        const value = filters[name];
        return value === null ? null : (
          <Chip
            key={name}
            onRemove={() => void setFilters({ [name]: null })}
          >{`${title}: ${value}`}</Chip>
        );
      })}
      <ClearFilters shown={isFiltered} onClear={() => void setFilters(null)} />
    </FilterBar>
  );
}
