import { type Api, listEvents } from '@vestige/contract';

import { question } from '#api/ask.ts';

/** The last few events of the log. */
export function latestEvents(client?: Api) {
  return question(listEvents, { query: { order: 'desc', limit: 8 } }, client);
}
