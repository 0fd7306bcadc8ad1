import { isDeepStrictEqual } from 'node:util';

import { Injectable } from '@nestjs/common';
import type { Answer, endpoints, HandlerInput, Observation } from '@vestige/contract';
import { observationEventId, type NewEvent } from '@vestige/events';

import { EventLog } from '../log/event-log.ts';
import { LogGuard } from '../log/log-guard.ts';
import { Refusal } from '../problem.ts';
import { IdentityCheck, type Repetition, type Standing } from './identity-check.ts';

type Observe = (typeof endpoints)['observe'];
type Batch = HandlerInput<Observe>['body'];

type Taken = Pick<Answer<Observe>, 'ackedThrough' | 'joinState'>;

interface Judged {
  readonly standing: Standing;
  readonly ackedThrough: number;
}

/** Takes in what agents saw: without holes, without duplicates, and acknowledged only when durable. */
@Injectable()
export class Ingest {
  /** The last seq in the log of the boot that a guest last wrote to. */
  private readonly acked = new Map<string, { boot: string; through: number }>();
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(
    private readonly log: EventLog,
    private readonly guard: LogGuard,
    private readonly identity: IdentityCheck,
  ) {}

  /** Batches of one guest are taken in one after the other, so that none is judged by an old end. */
  async observe(guest: string, batch: Batch): Promise<Answer<Observe>> {
    const turn = (this.turns.get(guest) ?? Promise.resolve())
      .catch(() => null)
      .then(() => this.takeFromGuest(guest, batch));
    this.turns.set(guest, turn);
    try {
      return { ...(await turn), checkpoint: this.guard.published?.note ?? null };
    } finally {
      if (this.turns.get(guest) === turn) this.turns.delete(guest);
    }
  }

  private async takeFromGuest(guest: string, batch: Batch): Promise<Taken> {
    const { standing, ackedThrough } = await this.take(guest, batch);
    if (standing !== 'new') return { ackedThrough, joinState: null };
    const { boot, firstSeq, observations, joinState: shown = null } = batch;
    const through = firstSeq + observations.length - 1;
    const joinState = await this.identity.next(guest, { shown, boot, firstSeq, through });
    return { ackedThrough, joinState };
  }

  private async take(guest: string, batch: Batch): Promise<Judged> {
    const { boot, firstSeq, observations } = batch;
    const through = await this.ackedThrough(guest, boot, firstSeq);
    if (firstSeq > through + 1)
      throw new Refusal('sequence-gap', `Send the observations from ${through + 1} on.`, {
        ackedThrough: through,
      });
    const known = observations.slice(0, through + 1 - firstSeq);
    await this.requireSame(guest, boot, firstSeq, known, through);
    const shown = batch.joinState ?? null;
    const standing = await this.identity.judge(guest, shown, repetitionOf(batch, through));
    const fresh = observations.slice(known.length);
    if (standing === 'other') {
      if (await this.has(guest, boot, firstSeq)) return this.takeAgain(guest, batch);
      throw await this.identity.suspect(guest, shown);
    }
    // Who has forgotten what he said must not hear of it: then he would say nothing more, and not be found out.
    if (standing === 'old') return { standing, ackedThrough: firstSeq + known.length - 1 };
    if (fresh.length === 0) return { standing, ackedThrough: through };
    const appended = await this.log.append(
      fresh.map((observation, index) => factOf(guest, boot, through + 1 + index, observation)),
    );
    if (appended.some(({ isNew }) => !isNew)) return this.takeAgain(guest, batch);
    this.acked.set(guest, { boot, through: through + fresh.length });
    return { standing, ackedThrough: through + fresh.length };
  }

  /** Another replica has taken some of it meanwhile: what the log holds now is to be compared with the batch. */
  private takeAgain(guest: string, batch: Batch): Promise<Judged> {
    this.acked.delete(guest);
    return this.take(guest, batch);
  }

  /** A batch that repeats something must repeat it exactly. */
  private async requireSame(
    guest: string,
    boot: string,
    firstSeq: number,
    known: readonly Observation[],
    through: number,
  ): Promise<void> {
    for (const [index, { type, at, data }] of known.entries()) {
      const seq = firstSeq + index;
      const position = await this.log.store.positionOf(observationEventId(guest, boot, seq));
      const [recorded] = position === null ? [] : await this.log.store.read(position, 1);
      const { event } = recorded ?? {};
      const there = event && { type: event.type, at: event.at, data: event.data };
      if (isDeepStrictEqual(there, { type, at, data })) continue;
      await this.identity.conflict(guest, seq);
      throw new Refusal('sequence-conflict', `The log holds another observation at ${seq}.`, {
        ackedThrough: through,
      });
    }
  }

  /** What this process remembers may be old where the guest spoke to another replica: then its next seq would be a gap. */
  private async ackedThrough(guest: string, boot: string, firstSeq: number): Promise<number> {
    const cached = this.acked.get(guest);
    if (cached?.boot === boot && firstSeq <= cached.through + 1) return cached.through;
    const through = await this.lastInLog(guest, boot);
    this.acked.set(guest, { boot, through });
    return through;
  }

  /** Seqs are dense, so the last one is found by doubling and halving; the log answers, as views may be behind. */
  private async lastInLog(guest: string, boot: string): Promise<number> {
    const has = (seq: number): Promise<boolean> => this.has(guest, boot, seq);
    let above = 0;
    while (await has(above)) above = above * 2 + 1;
    let through = above === 0 ? -1 : (above - 1) / 2;
    while (above - through > 1) {
      const middle = Math.floor((above + through) / 2);
      if (await has(middle)) through = middle;
      else above = middle;
    }
    return through;
  }

  private async has(guest: string, boot: string, seq: number): Promise<boolean> {
    return (await this.log.store.positionOf(observationEventId(guest, boot, seq))) !== null;
  }
}

function repetitionOf({ firstSeq, observations }: Batch, through: number): Repetition {
  const inLog = through + 1 - firstSeq;
  if (inLog === 0) return 'none';
  return observations.length < inLog ? 'part' : 'all';
}

function factOf(guest: string, boot: string, seq: number, observation: Observation): NewEvent {
  return {
    ...observation,
    id: observationEventId(guest, boot, seq),
    stream: `guest-${guest}`,
    actor: { kind: 'guest', id: guest },
    guest,
    boot,
    seq,
  };
}
