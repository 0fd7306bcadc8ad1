import type { Metadata } from 'next';

import { Prefetched } from '#api/prefetched.tsx';
import type { SearchInput } from '#app/page-input.ts';
import { eventQuery, loadEventFilters } from '#event/event-filters.ts';
import { eventsQuestion } from '#event/event-questions.ts';
import { EventsPage } from '#event/events-page.tsx';

export const metadata: Metadata = { title: 'Events' };

export default async function Page({ searchParams }: SearchInput) {
  const query = eventQuery(await loadEventFilters(searchParams));
  return (
    <Prefetched lists={(api) => [eventsQuestion(query, api)]}>
      <EventsPage />
    </Prefetched>
  );
}
