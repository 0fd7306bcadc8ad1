import {
  type Api,
  getWipe,
  listWipes,
  listWipeTargets,
  type Target,
  type Wipe,
} from '@vestige/contract';

import { pages, question } from '#api/ask.ts';

export const wipesQuestion = (state: string | null, client?: Api) =>
  pages<Wipe>(listWipes, { ...(state === null ? {} : { state }), limit: 100 }, 'cursor', client);

export const wipeQuestion = (id: string, client?: Api) =>
  question(getWipe, { params: { id } }, client);

export const targetsQuestion = (id: string, client?: Api) =>
  pages<Target>(
    { ...listWipeTargets, path: listWipeTargets.path.replace('{id}', id) },
    { limit: 100 },
    'cursor',
    client,
  );
