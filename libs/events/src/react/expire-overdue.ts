import type { ReactorContext } from '../follow/reactor.ts';
import { overdueWipes } from '../views/query-wipes.ts';
import { wipeDecider } from '../wipe/decide.ts';

/** Ends what was to be executed before now and has no answer; to be called from time to time. Answers how many orders. */
export async function expireOverdue(
  { store, dataSource }: ReactorContext,
  now: Date,
): Promise<number> {
  const time = now.toISOString();
  let expired = 0;
  for (const id of await overdueWipes(dataSource, time)) {
    const context = { actor: { kind: 'service' }, at: time } as const;
    const appended = await store.decide(
      wipeDecider,
      `wipe-${id}`,
      { type: 'Expire', now: time },
      context,
    );
    if (appended.length > 0) expired += 1;
  }
  return expired;
}
