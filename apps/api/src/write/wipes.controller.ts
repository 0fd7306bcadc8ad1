import { randomUUID } from 'node:crypto';

import { Controller } from '@nestjs/common';
import { endpoints, type HandlerInput, type Wipe } from '@vestige/contract';
import { deliveredTargets, EventsError, wipeDecider, type FoundSecret } from '@vestige/events';

import { People } from '../access/people.ts';
import { actorOf, type Person } from '../http/caller.ts';
import { By, Endpoint, Input } from '../http/endpoint.decorator.ts';
import { EventLog } from '../log/event-log.ts';
import { requireWipe, shownWipe } from '../log/wipe-answers.ts';
import { Refusal } from '../problem.ts';
import { WipeSelector } from './wipe-selector.ts';

type RequestWipe = typeof endpoints.requestWipe;
type Body = HandlerInput<RequestWipe>['body'];

@Controller()
export class WipesWriteController {
  constructor(
    private readonly selector: WipeSelector,
    private readonly people: People,
    private readonly log: EventLog,
  ) {}

  /** Orders are made one after the other, so that two never claim the same secret. */
  @Endpoint(endpoints.requestWipe)
  request(@Input() { body }: HandlerInput<RequestWipe>, @By() person: Person) {
    return this.log.exclusively('wipe-orders', () => this.order(body, person));
  }

  @Endpoint(endpoints.cancelWipe)
  async cancel(
    @Input() { params }: HandlerInput<typeof endpoints.cancelWipe>,
    @By() person: Person,
  ): Promise<Wipe> {
    const { views } = this.log;
    await requireWipe(views, params.id);
    await this.log.caughtUp();
    const delivered = await deliveredTargets(views, params.id);
    const command = { type: 'Cancel', delivered } as const;
    await this.log.decide(wipeDecider, `wipe-${params.id}`, command, actorOf(person));
    const wipe = await requireWipe(views, params.id);
    return shownWipe(wipe, await this.people.nameOf(wipe.requestedBy));
  }

  private async order(body: Body, person: Person) {
    const executeBefore = deadlineOf(body);
    await this.log.caughtUp();
    const { targets, skipped } = await this.selector.select(body.select);
    const dryRun = body.dryRun === true;
    const id = dryRun ? null : randomUUID();
    if (id !== null) await this.decide(id, targets, body, executeBefore, person);
    return { id, dryRun, targets: targets.map((found) => this.selector.shown(found)), skipped };
  }

  private async decide(
    id: string,
    found: readonly FoundSecret[],
    { reason, ticket }: Body,
    executeBefore: string | null,
    person: Person,
  ): Promise<void> {
    const targets = found.map(({ id: secret, guest, boot, source, name, guid }) => ({
      secret,
      guest,
      boot,
      ref: { source, name, guid },
    }));
    const now = new Date().toISOString();
    const order = { reason, ticket: ticket ?? null, executeBefore, targets };
    const command = { type: 'Request', now, ...order } as const;
    try {
      await this.log.decide(wipeDecider, `wipe-${id}`, command, actorOf(person));
    } catch (error) {
      if (error instanceof EventsError && error.code === 'entry-too-large')
        throw new Refusal('too-many-targets', `Select fewer than these ${targets.length} secrets.`);
      throw error;
    }
  }
}

/** In one form, so that deadlines compare as text. */
function deadlineOf({ executeBefore }: Body): string | null {
  if (executeBefore === undefined) return null;
  const time = Date.parse(executeBefore);
  if (!(time > Date.now()))
    throw new Refusal('deadline-passed', 'executeBefore must be in the future.');
  return new Date(time).toISOString();
}
