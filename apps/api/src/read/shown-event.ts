import type { Reply, endpoints } from '@vestige/contract';
import type { FoundEvent, Page } from '@vestige/events';

import type { NameBook } from './names.ts';

type Shown = Reply<typeof endpoints.listEvents>;

/** A page of events with the names that belong to their ids. */
export async function shownEvents(page: Page<FoundEvent>, book: NameBook): Promise<Shown> {
  const names = await book.open(page.items.map(({ event }) => event.guest));
  const items = page.items.map(({ position, event, secret, wipe }) => ({
    position,
    ...event,
    secret,
    wipe,
    actorName: names.actor(event.actor),
    guestName: names.guest(event.guest),
  }));
  return { items, next: page.next };
}
