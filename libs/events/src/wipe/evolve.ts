import type { SecretId, TargetState } from '@vestige/contract';

import type { Decision } from '../decider.ts';

/** A wipe order as its own stream tells. What is delivered is in the guests' streams: an agent's word, no decision. */
export interface WipeOrder {
  readonly isRequested: boolean;
  readonly isCompleted: boolean;
  readonly executeBefore: string | null;
  readonly targets: Readonly<Record<SecretId, TargetState>>;
}

export const initial: WipeOrder = {
  isRequested: false,
  isCompleted: false,
  executeBefore: null,
  targets: {},
};

export function evolve(order: WipeOrder, event: Decision): WipeOrder {
  switch (event.type) {
    case 'wipe.requested': {
      const { executeBefore, targets } = event.data;
      const secrets = targets.map(({ secret }) => secret);
      return moved({ ...order, isRequested: true, executeBefore }, secrets, 'queued');
    }
    case 'wipe.confirmed':
      return moved(order, [event.data.secret], event.data.outcome);
    case 'wipe.refused':
      return moved(order, [event.data.secret], 'refused');
    case 'wipe.failed':
      return moved(order, [event.data.secret], 'failed');
    case 'wipe.lost':
      return moved(order, [event.data.secret], 'lost');
    case 'wipe.expired':
      return moved(order, event.data.secrets, 'expired');
    case 'wipe.cancelled':
      return moved(order, event.data.secrets, 'cancelled');
    case 'wipe.completed':
      return { ...order, isCompleted: true };
    default:
      return order;
  }
}

function moved(order: WipeOrder, secrets: readonly SecretId[], state: TargetState): WipeOrder {
  const targets = Object.fromEntries(secrets.map((secret) => [secret, state]));
  return { ...order, targets: { ...order.targets, ...targets } };
}
