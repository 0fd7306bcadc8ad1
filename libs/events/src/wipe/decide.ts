import {
  type EventData,
  finalTargetStates,
  type SecretId,
  type TargetState,
} from '@vestige/contract';

import { type Decider, type Decision, Refusal } from '../decider.ts';
import { evolve, initial, type WipeOrder } from './evolve.ts';

export type WipeOutcome = 'verified' | 'wiped' | 'already-gone' | 'refused' | 'failed' | 'expired';

export type WipeCommand =
  | ({ readonly type: 'Request'; readonly now: string } & EventData<'wipe.requested'>)
  | {
      readonly type: 'RecordOutcome';
      readonly secret: SecretId;
      readonly outcome: WipeOutcome;
      readonly detail: string;
    }
  /** The secret's boot is over. */
  | { readonly type: 'Lose'; readonly secret: SecretId }
  /** `delivered` is what agents have already: that cannot be called back. */
  | { readonly type: 'Cancel'; readonly delivered: readonly SecretId[] }
  | { readonly type: 'Expire'; readonly now: string };

type RecordOutcome = Extract<WipeCommand, { type: 'RecordOutcome' }>;

/**
 * The rules of one wipe order. Saying a thing twice changes nothing; what the service only concluded, an agent that did
 * something after all corrects, however late its word comes.
 */
export const wipeDecider: Decider<WipeOrder, WipeCommand> = { initial, decide, evolve };

function decide(command: WipeCommand, order: WipeOrder): readonly Decision[] {
  if (command.type === 'Request') return request(command, order);
  if (command.type === 'Cancel') return cancel(command.delivered, order);
  if (command.type === 'Expire') return expire(command.now, order);
  if (command.type === 'RecordOutcome') return record(command, order);
  const { secret } = command;
  if (!openTargets(order).includes(secret)) return [];
  return completing(order, { type: 'wipe.lost', data: { secret } });
}

/** States that the service concluded without a word of the agent. */
const concluded: readonly (TargetState | undefined)[] = ['expired', 'lost', 'cancelled'];
const acted: readonly WipeOutcome[] = ['verified', 'wiped', 'failed'];

function record(command: RecordOutcome, order: WipeOrder): Decision[] {
  const isOpen = openTargets(order).includes(command.secret);
  const corrects =
    concluded.includes(order.targets[command.secret]) && acted.includes(command.outcome);
  return isOpen || corrects ? completing(order, outcome(command)) : [];
}

function request(
  { now, reason, ticket, executeBefore, targets }: Extract<WipeCommand, { type: 'Request' }>,
  order: WipeOrder,
): Decision[] {
  if (order.isRequested) throw new Refusal('wipe-exists', 'This order was made already.');
  const distinct = new Set(targets.map(({ secret }) => secret));
  if (distinct.size === 0 || distinct.size !== targets.length)
    throw new Refusal('wipe-without-targets', 'An order names at least one secret, and each once.');
  if (executeBefore !== null && Date.parse(executeBefore) <= Date.parse(now))
    throw new Refusal('wipe-too-late', 'The time before which to execute is over.');
  return [
    { type: 'wipe.requested', data: { reason, ticket, executeBefore, targets } },
    { type: 'wipe.released', data: { approvals: 0 } },
  ];
}

function outcome({ secret, outcome: result, detail }: RecordOutcome): Decision {
  if (result === 'refused') return { type: 'wipe.refused', data: { secret, detail } };
  if (result === 'failed') return { type: 'wipe.failed', data: { secret, detail } };
  if (result === 'expired') return { type: 'wipe.expired', data: { secrets: [secret] } };
  return { type: 'wipe.confirmed', data: { secret, outcome: result } };
}

function cancel(delivered: readonly SecretId[], order: WipeOrder): Decision[] {
  if (!order.isRequested) throw new Refusal('wipe-unknown', 'There is no such order.');
  const states = Object.values(order.targets);
  if (states.every((state) => state === 'cancelled')) return [];
  if (order.outcome !== null) throw new Refusal('wipe-completed', 'The order is completed.');
  const secrets = openTargets(order).filter((secret) => !delivered.includes(secret));
  if (secrets.length > 0) return completing(order, { type: 'wipe.cancelled', data: { secrets } });
  if (states.includes('cancelled')) return [];
  throw new Refusal('wipe-delivered', 'Agents have all that is left of this order.');
}

function expire(now: string, order: WipeOrder): Decision[] {
  if (order.executeBefore === null || Date.parse(order.executeBefore) > Date.parse(now)) return [];
  const secrets = openTargets(order);
  return secrets.length === 0 ? [] : completing(order, { type: 'wipe.expired', data: { secrets } });
}

function openTargets({ targets }: WipeOrder): SecretId[] {
  return Object.keys(targets).filter((secret) => !finalTargetStates.includes(targets[secret]!));
}

/** The last answer completes the order; a late one may complete it differently. */
function completing(order: WipeOrder, decision: Decision): Decision[] {
  const states = Object.values(evolve(order, decision).targets);
  if (states.some((state) => !finalTargetStates.includes(state))) return [decision];
  const ended = ending(states);
  if (ended === order.outcome) return [decision];
  return [decision, { type: 'wipe.completed', data: { outcome: ended } }];
}

const succeeded: readonly string[] = ['verified', 'wiped', 'already-gone'];

function ending(states: readonly string[]): EventData<'wipe.completed'>['outcome'] {
  if (states.every((state) => succeeded.includes(state))) return 'succeeded';
  if (states.every((state) => state === 'cancelled')) return 'cancelled';
  return states.some((state) => succeeded.includes(state)) ? 'partly' : 'failed';
}
