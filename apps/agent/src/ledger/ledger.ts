import type { Observation, SecretRef, SourceReport } from '@vestige/contract';

import { secretKey, sourceKey } from '../source/secret-source.ts';
import { conflictKey } from '../witness/conflicts.ts';

/** How far an order has come for one secret; `done` is everything that is never done again. */
export type OrderProgress = 'delivered' | 'done';

export interface KnownSecret {
  readonly secret: SecretRef;
  readonly isPresent: boolean;
  /** As it was discovered; missing where it was not known. */
  readonly dataLength?: number;
}

/** What the journal of one boot says so far. */
export interface Ledger {
  readonly boot: string;
  /** The last record that is counted in; -1 for none. */
  through: number;
  /** The guest's clock at that record. */
  lastAt: string | null;
  hasBooted: boolean;
  hasStarted: boolean;
  /** Whether the time before the agent's first start is recorded as a gap. */
  hasPriorGap: boolean;
  readonly sources: Map<string, SourceReport>;
  /** Every secret that was ever listed in this boot. */
  readonly secrets: Map<string, KnownSecret>;
  readonly orders: Map<string, OrderProgress>;
  /** How often each secret was read. */
  readonly reads: Map<string, number>;
  /** The policies that were recorded last; null for none in this boot. */
  policiesVersion: number | null;
  /** Which conflict of checkpoints was recorded last; null for none in this boot. */
  lastConflict: string | null;
}

export function emptyLedger(boot: string): Ledger {
  return {
    boot,
    through: -1,
    lastAt: null,
    hasBooted: false,
    hasStarted: false,
    hasPriorGap: false,
    sources: new Map(),
    secrets: new Map(),
    orders: new Map(),
    reads: new Map(),
    policiesVersion: null,
    lastConflict: null,
  };
}

/** An order is carried out once for each of its secrets: this names the pair. */
export function orderKey(order: string, secret: SecretRef): string {
  return `${order}|${secretKey(secret)}`;
}

/** Counts the next record in. */
export function evolve(ledger: Ledger, observation: Observation): void {
  ledger.through += 1;
  ledger.lastAt = observation.at;
  evolveStart(ledger, observation);
  evolveSecrets(ledger, observation);
  evolveOrders(ledger, observation);
  evolvePolicies(ledger, observation);
  if (observation.type === 'agent.checkpoint-conflict')
    ledger.lastConflict = conflictKey(observation.data.reason, observation.data.seen);
}

function evolveStart(ledger: Ledger, { type, data }: Observation): void {
  if (type === 'guest.booted') ledger.hasBooted = true;
  if (type === 'agent.started') ledger.hasStarted = true;
  if (type === 'agent.gap' && data.reason === 'before-agent-start') ledger.hasPriorGap = true;
  if (type === 'source.found' || type === 'source.changed')
    ledger.sources.set(sourceKey(data.source), data);
}

/** A wipe that failed because the secret was gone does not take it away here: `secret.vanished` says so by itself. */
function evolveSecrets(ledger: Ledger, { type, data }: Observation): void {
  if (type === 'secret.discovered') know(ledger, data.secret, true, data.dataLength);
  if (type === 'secret.unlinked' || type === 'secret.wiped' || type === 'secret.vanished')
    know(ledger, data.secret, false);
}

function know(
  ledger: Ledger,
  secret: SecretRef,
  isPresent: boolean,
  dataLength: number | null = null,
): void {
  const known = dataLength === null ? { secret, isPresent } : { secret, isPresent, dataLength };
  ledger.secrets.set(secretKey(secret), known);
}

function evolveOrders(ledger: Ledger, { type, data }: Observation): void {
  if (type === 'wipe.delivered') ledger.orders.set(orderKey(data.order, data.secret), 'delivered');
  const isOver = type === 'secret.wiped' || type === 'secret.wipe-failed';
  if (isOver && data.order !== null) ledger.orders.set(orderKey(data.order, data.secret), 'done');
}

function evolvePolicies(ledger: Ledger, { type, data }: Observation): void {
  if (type === 'agent.policies-taken') ledger.policiesVersion = data.version;
  if (type !== 'secret.read') return;
  const key = secretKey(data.secret);
  ledger.reads.set(key, (ledger.reads.get(key) ?? 0) + 1);
}
