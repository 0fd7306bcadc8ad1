import {
  type Api,
  getSecret,
  listSecrets,
  type RecordedEvent,
  type Secret,
  secretTimeline,
} from '@vestige/contract';

import { pages, question } from '#api/ask.ts';

import type { SecretQuery } from './secret-filters.ts';

export const secretsQuestion = (query: SecretQuery, client?: Api) =>
  pages<Secret>(listSecrets, { ...query, limit: 200 }, 'cursor', client);

export const secretQuestion = (id: string, client?: Api) =>
  question(getSecret, { params: { id } }, client);

/** The timeline of a secret, oldest first, page by page. */
export const timelineQuestion = (id: string, client?: Api) =>
  pages<RecordedEvent>(
    { ...secretTimeline, path: secretTimeline.path.replace('{id}', id) },
    { limit: 500 },
    'cursor',
    client,
  );
