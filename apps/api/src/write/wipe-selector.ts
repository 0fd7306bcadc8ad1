import { Injectable } from '@nestjs/common';
import {
  canWipe,
  pageLimitMax,
  wipeTargetsMax,
  type Reply,
  type endpoints,
  type WipeSelection,
} from '@vestige/contract';
import {
  findGuest,
  findSecret,
  querySecrets,
  type FoundSecret,
  type SecretsQuery,
} from '@vestige/events';

import { EventLog } from '../log/event-log.ts';
import { Presence } from '../log/presence.ts';
import { Refusal } from '../problem.ts';

type RequestReply = Reply<typeof endpoints.requestWipe>;
type Skipped = RequestReply['skipped'];

interface Selected {
  readonly targets: FoundSecret[];
  readonly skipped: Skipped;
}

/** Finds what a selection means now. */
@Injectable()
export class WipeSelector {
  constructor(
    private readonly log: EventLog,
    private readonly presence: Presence,
  ) {}

  /** What can be wiped of a selection; refuses where that is nothing, too much, or names something unknown. */
  async select(select: WipeSelection): Promise<Selected> {
    await this.requireKnown(select);
    const facets = facetsOf(select);
    const named = select.secrets === undefined ? { state: 'present' } : {};
    const selected: Selected = { targets: [], skipped: [] };
    for await (const found of this.pages({ ...facets, ...named })) sort(found, selected);
    if (selected.targets.length === 0) throw await this.nothing(facets, selected.skipped);
    return selected;
  }

  shown(found: FoundSecret): RequestReply['targets'][number] {
    const { id, guest, guestName, guestStopped, guestLastEventAt, name, guid, reads } = found;
    const words = { id: guest, stopped: guestStopped, lastEventAt: guestLastEventAt };
    const guestPresence = this.presence.of(words).presence;
    return { secret: id, guest, guestName, guestPresence, name, guid, reads };
  }

  private async *pages(facets: Omit<SecretsQuery, 'limit'>): AsyncGenerator<FoundSecret> {
    let cursor: string | undefined;
    do {
      const query = { ...facets, limit: pageLimitMax, cursor };
      const { items, next } = await querySecrets(this.log.views, query);
      yield* items;
      cursor = next ?? undefined;
    } while (cursor !== undefined);
  }

  private async requireKnown({ secrets = [], guests = [] }: WipeSelection): Promise<void> {
    const { views } = this.log;
    const unknown: string[] = [];
    for (const id of secrets) if ((await findSecret(views, id)) === null) unknown.push(id);
    for (const id of guests) if ((await findGuest(views, id)) === null) unknown.push(id);
    if (unknown.length === 0) return;
    const named = unknown.slice(0, 20);
    throw new Refusal('unknown-target', `Unknown: ${named.join(', ')}.`, {
      errors: named.map((id) => ({ path: 'body.select', message: `unknown: ${id}` })),
    });
  }

  /** Says why nothing is left: a fleet's secrets are wiped, ended or never were there. */
  private async nothing(facets: Omit<SecretsQuery, 'limit'>, skipped: Skipped): Promise<Refusal> {
    const reasons = new Map<string, number>();
    const count = (reason: string) => reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    for (const { reason } of skipped) count(reason);
    if (skipped.length === 0) {
      const gone = await querySecrets(this.log.views, { ...facets, limit: pageLimitMax });
      for (const { state } of gone.items) count(`It is not present any more: it is ${state}.`);
    }
    const told = [...reasons].map(
      ([reason, times]) => (times > 1 ? `${times} times: ` : '') + reason,
    );
    const why = told.length > 0 ? told.join(' ') : 'No secret fits all that was selected.';
    return new Refusal('nothing-to-wipe', why);
  }
}

function facetsOf({ secrets, guests, guids, labels }: WipeSelection): Omit<SecretsQuery, 'limit'> {
  return {
    ...(secrets && { ids: secrets }),
    ...(guests && { guests }),
    ...(guids && { guids }),
    ...(labels && { labels: Object.entries(labels).map(([key, value]) => `${key}=${value}`) }),
  };
}

function sort(found: FoundSecret, { targets, skipped }: Selected): void {
  const verdict = canWipe(found);
  if (verdict.allowed) targets.push(found);
  else if (skipped.length < pageLimitMax)
    skipped.push({ secret: found.id, state: found.state, reason: verdict.reason });
  if (targets.length > wipeTargetsMax)
    throw new Refusal(
      'too-many-targets',
      `One order holds ${wipeTargetsMax} secrets at most. Narrow the selection.`,
    );
}
