import type { EventData, SecretId, TargetState } from '@vestige/contract';

import { type ByType, byType } from '../by-type.ts';
import type { Decision } from '../decider.ts';

/** A wipe order as its own stream tells. What is delivered is in the guests' streams: an agent's word, no decision. */
export interface WipeOrder {
  readonly isRequested: boolean;
  /** How it ended; null while it has not. */
  readonly outcome: EventData<'wipe.completed'>['outcome'] | null;
  readonly executeBefore: string | null;
  readonly targets: Readonly<Record<SecretId, TargetState>>;
}

export const initial: WipeOrder = {
  isRequested: false,
  outcome: null,
  executeBefore: null,
  targets: {},
};

export function evolve(order: WipeOrder, event: Decision): WipeOrder {
  return byType(steps, event, order) ?? order;
}

const steps: ByType<Decision, [WipeOrder], WipeOrder> = {
  'wipe.requested': ({ data: { executeBefore, targets } }, order) =>
    moved(
      { ...order, isRequested: true, executeBefore },
      targets.map(({ secret }) => secret),
      'queued',
    ),
  'wipe.confirmed': ({ data }, order) => moved(order, [data.secret], data.outcome),
  'wipe.refused': ({ data }, order) => moved(order, [data.secret], 'refused'),
  'wipe.failed': ({ data }, order) => moved(order, [data.secret], 'failed'),
  'wipe.lost': ({ data }, order) => moved(order, [data.secret], 'lost'),
  'wipe.expired': ({ data }, order) => moved(order, data.secrets, 'expired'),
  'wipe.cancelled': ({ data }, order) => moved(order, data.secrets, 'cancelled'),
  'wipe.completed': ({ data }, order) => ({ ...order, outcome: data.outcome }),
};

function moved(order: WipeOrder, secrets: readonly SecretId[], state: TargetState): WipeOrder {
  const targets = Object.fromEntries(secrets.map((secret) => [secret, state]));
  return { ...order, targets: { ...order.targets, ...targets } };
}
