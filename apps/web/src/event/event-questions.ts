import { type Api, listEvents, type RecordedEvent } from '@vestige/contract';

import { pages } from '#api/ask.ts';

import type { EventQuery } from './event-filters.ts';

/** The log from its end backwards. */
export const eventsQuestion = (query: EventQuery, client?: Api) =>
  pages<RecordedEvent>(listEvents, { ...query, order: 'desc', limit: 100 }, 'before', client);
