import type { ReactorContext } from '../follow/reactor.ts';
import { overdueWipes } from '../views/query-wipes.ts';
import { wipeDecider } from '../wipe/decide.ts';

/**
 * Ends what was to be executed before now and has no answer; to be called from time to time. Answers how many orders.
 * One that fails does not hold the others; its error is thrown when they are done.
 */
export async function expireOverdue(
  { store, dataSource }: ReactorContext,
  now: Date,
): Promise<number> {
  const time = now.toISOString();
  const command = { type: 'Expire', now: time } as const;
  const context = { actor: { kind: 'service' }, at: time } as const;
  const ids = await overdueWipes(dataSource, time);
  const ended = await Promise.allSettled(
    ids.map((id) => store.decide(wipeDecider, `wipe-${id}`, command, context)),
  );
  const failed = ended.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return ended.filter((result) => result.status === 'fulfilled' && result.value.length > 0).length;
}
