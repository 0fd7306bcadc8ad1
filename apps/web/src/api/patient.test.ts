import { createClient, getOverview } from '@vestige/contract';
import { describe, expect, it } from 'vitest';

import { patient } from './patient.ts';

/** Never answers; ends only with its signal, as a request to a frozen service does. */
const frozen: typeof fetch = (_, init) =>
  new Promise((_resolve, reject) => {
    const { signal } = init ?? {};
    const end = () => reject(signal?.reason as Error);
    if (signal?.aborted) end();
    else signal?.addEventListener('abort', end);
  });

describe('patient', () => {
  const client = createClient({ baseUrl: 'http://vestige.example', fetch: frozen });

  it('fails with words when the service does not answer in time', () =>
    expect(patient(client, 20)(getOverview, {})).rejects.toThrow('did not answer within 0.02 s'));

  it('leaves it to the caller to give up earlier', () =>
    expect(
      patient(client, 60_000)(getOverview, {}, { signal: AbortSignal.abort(new Error('left')) }),
    ).rejects.toThrow('left'));
});
