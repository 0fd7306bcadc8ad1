import type { Wipe } from '@vestige/contract';
import { findWipe, type FoundWipe } from '@vestige/events';
import type { DataSource } from 'typeorm';

import { Refusal } from '../problem.ts';

/** An order as the contract shows it. */
export function shownWipe(wipe: FoundWipe, requester: string | null): Wipe {
  return { ...wipe, requestedBy: { actor: wipe.requestedBy, name: requester } };
}

/** The order of this id, or a refusal. */
export async function requireWipe(views: DataSource, id: string): Promise<FoundWipe> {
  const wipe = await findWipe(views, id);
  if (wipe === null) throw new Refusal('not-found', 'No wipe order has this id.');
  return wipe;
}
