import type { Actor, EventOf, TargetState, Wipe, WipeId, WipeState } from '@vestige/contract';
import { EntitySchema } from 'typeorm';

import type { Recorded } from '../entry.ts';
import type { View } from '../follow/view.ts';

/** A wipe order; how its targets are is counted where it is asked. */
export interface WipeRow {
  id: WipeId;
  state: WipeState;
  outcome: Wipe['outcome'];
  requestedBy: Actor;
  requestedAt: string;
  requestedPosition: number;
  /** From here on agents may have it; null until it is released. */
  releasedPosition: number | null;
  completedAt: string | null;
  reason: string;
  ticket: string | null;
  executeBefore: string | null;
  targetCount: number;
  position: number;
}

/** An order as the contract shows it, but for its requester's name. */
export interface FoundWipe extends WipeRow {
  counts: Partial<Record<TargetState, number>>;
}

export const WipeEntity = new EntitySchema<WipeRow>({
  name: 'wipe_view',
  columns: {
    id: { type: 'text', primary: true },
    state: { type: 'text' },
    outcome: { type: 'text', nullable: true },
    requestedBy: { type: 'simple-json' },
    requestedAt: { type: 'text' },
    requestedPosition: { type: 'bigint' },
    releasedPosition: { type: 'bigint', nullable: true },
    completedAt: { type: 'text', nullable: true },
    reason: { type: 'text' },
    ticket: { type: 'text', nullable: true },
    executeBefore: { type: 'text', nullable: true },
    targetCount: { type: 'integer' },
    position: { type: 'bigint' },
  },
  indices: [
    { name: 'wipe_view_requested', columns: ['requestedPosition'], unique: true },
    { name: 'wipe_view_state', columns: ['state', 'executeBefore'] },
  ],
});

export const wipesView: View<WipeRow> = {
  name: 'wipes',
  version: 2,
  entity: WipeEntity,
  keysOf: ({ event }) =>
    event.stream.startsWith('wipe-') ? [[event.stream.slice('wipe-'.length)]] : [],
  evolve(row, recorded) {
    const { event, position } = recorded;
    if (event.type === 'wipe.requested') return requested(event, recorded);
    if (row === undefined) return undefined;
    if (event.type === 'wipe.released')
      return { ...row, state: 'released', releasedPosition: position, position };
    if (event.type !== 'wipe.completed') return { ...row, position };
    const { outcome } = event.data;
    const completedAt = row.completedAt ?? event.at;
    return { ...row, state: 'completed', outcome, completedAt, position };
  },
};

function requested(event: EventOf<'wipe.requested'>, { position }: Recorded): WipeRow {
  const { reason, ticket, executeBefore, targets } = event.data;
  return {
    id: event.stream.slice('wipe-'.length),
    state: 'requested',
    outcome: null,
    requestedBy: event.actor,
    requestedAt: event.at,
    requestedPosition: position,
    releasedPosition: null,
    completedAt: null,
    reason,
    ticket,
    executeBefore,
    targetCount: targets.length,
    position,
  };
}
