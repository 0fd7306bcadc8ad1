import type { Order, SecretRef, WipeFailure } from '@vestige/contract';

import { oneLine } from '../agent-error.ts';
import type { BootLedger } from '../ledger/boot-ledger.ts';
import { orderKey, type OrderProgress } from '../ledger/ledger.ts';
import type { Log } from '../log.ts';
import type { Records } from '../records.ts';
import type { Discovery } from '../source/discovery.ts';
import {
  secretKey,
  type SecretSource,
  sourceKey,
  type WipeResult,
} from '../source/secret-source.ts';

export interface CarryOutOptions {
  readonly boot: string;
  readonly records: Records;
  readonly ledger: BootLedger;
  readonly discovery: Pick<Discovery, 'source' | 'ownAccess' | 'expectWipe'>;
  /** Milliseconds since the epoch by the service's clock, by which deadlines are set. */
  readonly serviceNow: () => number;
  readonly log: Log;
}

interface Refusal {
  readonly reason: WipeFailure;
  readonly detail: string;
}

const notHere = 'This agent does not have the source that the order names.';
const neverListed = 'This agent never listed such a secret in this boot.';
const otherBoot = 'The order is for another boot of this guest; its secrets went with it.';
const tooLate = 'The deadline had passed when the agent had the order.';
const goneInBetween =
  'Gone after a restart: the agent may have wiped it without keeping evidence, or somebody else did.';

/**
 * Carries out an order for one secret, once: the order is durable before anything is touched, and its outcome is the
 * last word. Returns when the outcome is durable too. Where the agent was killed in between, a secret that is still there
 * is wiped now, and one that is gone is reported as already gone: nobody can say any more who wiped it.
 */
export async function carryOut(order: Order, options: CarryOutOptions): Promise<void> {
  const { records, ledger, log } = options;
  const progress = ledger.read().orders.get(orderKey(order.order, order.ref));
  if (progress === 'done') return;
  const source = options.discovery.source(sourceKey(order.ref.source));
  const refusal = refuse(order, source, progress, options);
  if (refusal !== null) return recordFailure(order, refusal, options);
  if (source === undefined) return;
  if (progress === undefined)
    await records.record('wipe.delivered', { order: order.order, secret: order.ref });
  const result = await wipe(order.ref, source, options);
  if (!result.wiped)
    return recordFailure(order, progress === undefined ? result : told(result), options);
  const { evidence } = result;
  await records.record('secret.wiped', { secret: order.ref, order: order.order, evidence });
  log(`order ${order.order}: wiped ${order.ref.name} (${evidence.verification.result})`);
}

/** Why the order is not carried out at all; null where it is. */
function refuse(
  order: Order,
  source: SecretSource | undefined,
  progress: OrderProgress | undefined,
  { boot, ledger, serviceNow }: CarryOutOptions,
): Refusal | null {
  if (order.boot !== boot) return { reason: 'refused', detail: otherBoot };
  if (source === undefined) return { reason: 'refused', detail: notHere };
  if (!ledger.read().secrets.has(secretKey(order.ref)))
    return { reason: 'refused', detail: neverListed };
  const isLate = order.executeBefore !== null && serviceNow() > Date.parse(order.executeBefore);
  // What was begun in time is finished: to say that it expired could be untrue.
  return isLate && progress === undefined ? { reason: 'expired', detail: tooLate } : null;
}

async function wipe(
  secret: SecretRef,
  source: SecretSource,
  { discovery }: CarryOutOptions,
): Promise<WipeResult> {
  await discovery.expectWipe(secret);
  return source.wipe(secret, discovery.ownAccess(sourceKey(source.source)));
}

function told(failure: Refusal): Refusal {
  return failure.reason === 'already-gone' ? { ...failure, detail: goneInBetween } : failure;
}

async function recordFailure(
  order: Order,
  { reason, detail }: Refusal,
  { records, log }: CarryOutOptions,
): Promise<void> {
  const data = { secret: order.ref, order: order.order, reason, detail: oneLine(detail, 300) };
  await records.record('secret.wipe-failed', data);
  log(`order ${order.order}: ${order.ref.name} not wiped, ${reason}`);
}
