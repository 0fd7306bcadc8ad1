import type { Actor, EventOf } from '@vestige/contract';

import { secretId } from '../deterministic-id.ts';
import type { Recorded } from '../entry.ts';
import type { Reactor, ReactorContext } from '../follow/reactor.ts';
import { endedAmong } from '../views/query-secrets.ts';
import { findWipe, openWipesOf } from '../views/query-wipes.ts';
import { wipeDecider, type WipeCommand, type WipeOutcome } from '../wipe/decide.ts';

const service: Actor = { kind: 'service' };

/** Carries what agents report of their orders into the orders' own streams. */
export const wipeProgress: Reactor = {
  name: 'wipe-progress',
  types: ['secret.wiped', 'secret.wipe-failed', 'secret.ended', 'wipe.requested'],
  async react(recorded, context) {
    const { event } = recorded;
    if (event.type === 'secret.wiped')
      await recordOutcome(recorded, event, wipedOutcome(event), context);
    if (event.type === 'secret.wipe-failed')
      await recordOutcome(recorded, event, failedOutcome(event), context);
    if (event.type === 'secret.ended') await loseWithBoot(event, context);
    if (event.type === 'wipe.requested') await loseWhatEnded(event, context);
  },
};

interface Answer {
  readonly outcome: WipeOutcome;
  readonly detail: string;
}

function wipedOutcome(event: EventOf<'secret.wiped'>): Answer {
  const { result } = event.data.evidence.verification;
  if (result === 'pass') return { outcome: 'verified', detail: '' };
  if (result === 'unknown') return { outcome: 'wiped', detail: '' };
  return { outcome: 'failed', detail: 'The check after the wipe failed.' };
}

function failedOutcome({ data: { reason, detail } }: EventOf<'secret.wipe-failed'>): Answer {
  if (reason === 'io-error' || reason === 'not-verified') return { outcome: 'failed', detail };
  return { outcome: reason, detail };
}

async function recordOutcome(
  { position }: Recorded,
  event: EventOf<'secret.wiped'> | EventOf<'secret.wipe-failed'>,
  answer: Answer,
  context: ReactorContext,
): Promise<void> {
  const { order, secret } = event.data;
  const wipe = order === null ? null : await findWipe(context.dataSource, order);
  // What was said before an order was made is no answer to it.
  if (wipe === null || wipe.requestedPosition > position) return;
  const id = secretId(event.guest!, event.boot!, secret);
  await command(wipe.id, { type: 'RecordOutcome', secret: id, ...answer }, event.recorded, context);
}

async function loseWithBoot(
  event: EventOf<'secret.ended'>,
  context: ReactorContext,
): Promise<void> {
  const secret = secretId(event.guest!, event.boot!, event.data.secret);
  for (const order of await openWipesOf(context.dataSource, secret))
    await command(order, { type: 'Lose', secret }, event.recorded, context);
}

/** The boot may have ended between the look at the secret and the order for it. */
async function loseWhatEnded(
  event: EventOf<'wipe.requested'>,
  context: ReactorContext,
): Promise<void> {
  const order = event.stream.slice('wipe-'.length);
  const secrets = event.data.targets.map(({ secret }) => secret);
  for (const secret of await endedAmong(context.dataSource, secrets))
    await command(order, { type: 'Lose', secret }, event.recorded, context);
}

async function command(
  order: string,
  wipeCommand: WipeCommand,
  at: string,
  { store }: ReactorContext,
): Promise<void> {
  await store.decide(wipeDecider, `wipe-${order}`, wipeCommand, { actor: service, at });
}
