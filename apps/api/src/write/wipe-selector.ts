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
import { causesText, unknownText, type Unfit } from './wipe-causes.ts';

type RequestReply = Reply<typeof endpoints.requestWipe>;
type Facets = Omit<SecretsQuery, 'limit'>;

interface Selected {
  readonly targets: FoundSecret[];
  readonly skipped: RequestReply['skipped'];
}

interface Sorted {
  readonly targets: FoundSecret[];
  readonly unfit: Unfit[];
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
    const sorted: Sorted = { targets: [], unfit: [] };
    for await (const found of this.pages({ ...facets, ...named })) sort(found, sorted);
    const { targets, unfit } = sorted;
    if (targets.length === 0) throw await this.nothing(select, unfit);
    return { targets, skipped: unfit.map(skippedOf) };
  }

  shown(found: FoundSecret): RequestReply['targets'][number] {
    const { id, guest, guestName, guestStopped, guestLastEventAt, name, guid, reads } = found;
    const words = { id: guest, stopped: guestStopped, lastEventAt: guestLastEventAt };
    const guestPresence = this.presence.of(words).presence;
    return { secret: id, guest, guestName, guestPresence, name, guid, reads };
  }

  private async *pages(facets: Facets): AsyncGenerator<FoundSecret> {
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
  private async nothing(select: WipeSelection, unfit: readonly Unfit[]): Promise<Refusal> {
    const why = causesText(unfit.length > 0 ? unfit : await this.gone(select));
    return new Refusal('nothing-to-wipe', why === '' ? await this.unmatched(select) : why);
  }

  private async gone(select: WipeSelection): Promise<Unfit[]> {
    const query = { ...facetsOf(select), limit: pageLimitMax };
    const { items } = await querySecrets(this.log.views, query);
    return items.flatMap(unfitOf);
  }

  private async unmatched(select: WipeSelection): Promise<string> {
    const { guids, labels } = facetsOf(select);
    const known = {
      guids: guids === undefined || (await this.isAny({ guids })),
      labels: labels === undefined || (await this.isAny({ labels })),
    };
    return unknownText(select, known) ?? 'No secret fits all that was selected.';
  }

  private async isAny(facets: Facets): Promise<boolean> {
    return (await querySecrets(this.log.views, { ...facets, limit: 1 })).items.length > 0;
  }
}

function facetsOf({ secrets, guests, guids, labels }: WipeSelection): Facets {
  return {
    ...(secrets && { ids: secrets }),
    ...(guests && { guests }),
    ...(guids && { guids }),
    ...(labels && { labels: Object.entries(labels).map(([key, value]) => `${key}=${value}`) }),
  };
}

function sort(found: FoundSecret, { targets, unfit }: Sorted): void {
  const reasons = unfitOf(found);
  if (reasons.length === 0) targets.push(found);
  else if (unfit.length < pageLimitMax) unfit.push(...reasons);
  if (targets.length > wipeTargetsMax)
    throw new Refusal(
      'too-many-targets',
      `One order holds ${wipeTargetsMax} secrets at most. Narrow the selection.`,
    );
}

function unfitOf(found: FoundSecret): Unfit[] {
  const verdict = canWipe(found);
  return verdict.allowed ? [] : [{ found, reason: verdict.reason }];
}

function skippedOf({ found: { id, state }, reason }: Unfit): Selected['skipped'][number] {
  return { secret: id, state, reason };
}
