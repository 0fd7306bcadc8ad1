import { type Api, getGuest, listEvents, listGuests, listSecrets } from '@vestige/contract';
import type { Guest, RecordedEvent, Secret } from '@vestige/contract';

import { pages, question } from '#api/ask.ts';

export const guestsQuestion = (q: string | null, client?: Api) =>
  pages<Guest>(listGuests, { ...(q ? { q } : {}), limit: 200 }, 'cursor', client);

export const guestQuestion = (id: string, client?: Api) =>
  question(getGuest, { params: { id } }, client);

export const guestSecretsQuestion = (id: string, client?: Api) =>
  pages<Secret>(listSecrets, { guest: id, limit: 100 }, 'cursor', client);

export const guestGapsQuestion = (id: string, client?: Api) =>
  pages<RecordedEvent>(
    listEvents,
    { guest: id, type: 'agent.gap', order: 'desc', limit: 20 },
    'before',
    client,
  );
