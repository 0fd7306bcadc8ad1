'use client';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { RecordedEvent } from '@vestige/contract';
import { ArrowUp, Pause, Play, ScrollText } from 'lucide-react';
import { useQueryStates } from 'nuqs';
import { useState } from 'react';

import { useLive } from '#live/live-provider.tsx';
import { Button } from '#ui/button.tsx';
import { Empty } from '#ui/note.tsx';
import { PagedList } from '#ui/paged-list.tsx';
import { PageHead } from '#ui/panel.tsx';

import { EventFilterBar } from './event-filter-bar.tsx';
import { eventFilters, eventQuery } from './event-filters.ts';
import { EventList } from './event-list.tsx';
import { eventsQuestion } from './event-questions.ts';

/** The log's tail, and whether it follows the log: a paused one stands still while it is read. */
function useTail(query: Record<string, string>) {
  const [pausedAt, setPausedAt] = useState<number | null>(null);
  const isPaused = pausedAt !== null;
  const events = useInfiniteQuery({
    ...eventsQuestion(query),
    meta: { still: isPaused },
    ...(isPaused ? { staleTime: Infinity } : {}),
  });
  const shown = events.data?.pages[0]?.items[0]?.position ?? 0;
  const newest = useLive().position ?? shown;
  const follow = () => {
    setPausedAt(null);
    void events.refetch();
  };
  const pause = () => setPausedAt(newest);
  return { events, isPaused, grown: isPaused ? newest - pausedAt : 0, follow, pause };
}

/** The log, newest first. */
export function EventsPage() {
  const [filters, setFilters] = useQueryStates(eventFilters);
  const { events, isPaused, grown, follow, pause } = useTail(eventQuery(filters));
  const Icon = isPaused ? Play : Pause;
  return (
    <>
      <PageHead
        title="Events"
        lead="The log, newest first: everything that was seen, ordered and decided."
        actions={
          <Button onClick={isPaused ? follow : pause}>
            <Icon aria-hidden className="size-4" />
            {isPaused ? 'Follow the log' : 'Pause'}
          </Button>
        }
      />
      <section aria-label="Events" className="rounded-lg border bg-panel shadow-xs">
        <EventFilterBar filters={filters} setFilters={setFilters} />
        <div aria-live="polite">{grown > 0 ? <Grown by={grown} onClick={follow} /> : null}</div>
        <PagedList of={events} noun="events" empty={<NoEvents />}>
          {(rows: RecordedEvent[]) => <EventList events={rows} />}
        </PagedList>
      </section>
    </>
  );
}

function Grown({ by, onClick }: { by: number; onClick: () => void }) {
  return (
    <button
      type="button"
      onClick={onClick}
      className="flex min-h-9 w-full items-center justify-center gap-1.5 border-b bg-accent-soft text-xs font-medium text-accent"
    >
      <ArrowUp aria-hidden className="size-3.5" />
      {by === 1 ? 'The log has 1 more event' : `The log has ${by} more events`}
    </button>
  );
}

function NoEvents() {
  return <Empty icon={ScrollText} title="No such event is in the log" />;
}
