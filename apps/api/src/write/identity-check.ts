import { randomBytes } from 'node:crypto';

import { Injectable, Logger } from '@nestjs/common';

import { derived, digest, newSecret } from '../access/digest.ts';
import { JoinStates } from '../access/join-states.ts';
import type { JoinStateRow } from '../access/tables.ts';
import { Refusal } from '../problem.ts';
import { quarantined, Quarantine } from './quarantine.ts';

const service = { kind: 'service' } as const;

/** `new`: it may go on. `old`: what it repeats is acknowledged, no more, and decides nothing. `other`: it is not the same guest. */
export type Standing = 'new' | 'old' | 'other';

/** A batch, as far as it matters whose it is. */
export interface Said {
  readonly shown: string | null;
  readonly boot: string;
  readonly firstSeq: number;
  /** The last seq of it. */
  readonly through: number;
}

/** How much of what the log has a batch says again: nothing, something, or all from where it begins. */
export type Repetition = 'none' | 'part' | 'all';

const logger = new Logger('IdentityCheck');

/**
 * Tells a guest from a copy of it, and from an older self. With every batch a guest shows the join state that it was given
 * last, and gets the next: whoever shows one that was used already is not who used it.
 *
 * The order is: judge what is shown; append, durably; put the next state in the place of the shown one, by one statement
 * that only one of those who show the same succeeds with; answer with both. The guest keeps the next state durably before
 * it drops what was acknowledged. So wherever either side stops:
 *
 * - before the append, nothing has happened;
 * - between append and replacement, the guest says the same again and shows what is still the current state;
 * - after the replacement, with the answer lost or not kept, it says the same again and shows the previous state. It is
 *   given the same next one: that is made of the shown state and a nonce, so that of repetitions which race, here or on
 *   other replicas, every answer is the right one, whichever the guest reads;
 * - a repetition that was under way for long comes when the guest has gone on, or has said more in a later repetition. All
 *   of it is in the log already, so it is answered and decides nothing;
 * - two copies that say something at the same moment, on two replicas, are both judged by the state before and both
 *   appended. Only one of them replaces it. The other finds that it was used for another batch than its own.
 *
 * A guest whose answer was lost says all of it again, and perhaps more: its journal keeps what is not acknowledged, and its
 * batches do not become smaller. One that shows a used state with something new, or that has forgotten what it said, is
 * another: a copy, or a guest that was rolled back. Two copies may repeat the same batch, and then both have the same
 * state; the first that says something of its own uses it up, and the second is found out by its next word.
 */
@Injectable()
export class IdentityCheck {
  constructor(
    private readonly states: JoinStates,
    private readonly quarantines: Quarantine,
  ) {}

  /** To be asked with what the log has after it was asked: who is told `other` by an old end may have repeated something. */
  async judge(guest: string, shown: string | null, repeats: Repetition): Promise<Standing> {
    const row = await this.states.find(guest);
    if (row === null) return 'new';
    if (repeats === 'part') return 'old';
    const hash = shown === null ? null : digest(shown);
    if (hash === row.current) return 'new';
    if (repeats === 'none') return 'other';
    return hash === row.previous ? 'new' : 'old';
  }

  /** From here on nothing is taken from either of them. */
  async suspect(guest: string, shown: string | null): Promise<Refusal> {
    const row = await this.states.find(guest);
    await this.quarantine(guest, wordsOn(row?.previous ?? null, shown));
    return quarantined();
  }

  /** Two who wrote different things under one number, of whom one at least showed a join state. */
  async conflict(guest: string, seq: number): Promise<void> {
    if ((await this.states.find(guest)) === null) return;
    await this.quarantine(
      guest,
      `Its agent sent another observation under seq ${seq} than before.`,
    );
  }

  /** The state to be shown next; null where the guest is to keep what it has. Throws where somebody else used the shown one. */
  async next(guest: string, said: Said): Promise<string | null> {
    const { shown, boot, through } = said;
    // Nothing is kept of a state before it is shown: an agent that cannot keep states is not held to them.
    if (shown === null) return (await this.states.find(guest)) === null ? newSecret() : null;
    const previous = digest(shown);
    const nonce = randomBytes(16).toString('base64url');
    const next = derived(shown, guest, nonce);
    if (await this.replace({ guest, previous, current: digest(next), nonce, boot, through }))
      return next;
    const row = await this.states.find(guest);
    if (row?.previous !== previous) return null;
    if (row.boot === boot && said.firstSeq <= row.through) return derived(shown, guest, row.nonce);
    throw await this.suspect(guest, shown);
  }

  private async replace(row: JoinStateRow): Promise<boolean> {
    try {
      return await this.states.advance(row);
    } catch (error) {
      logger.error({ failed: 'join-state', because: error instanceof Error ? error.name : '' });
      throw new Refusal('not-ready', 'The join state cannot be written now. Send it again later.', {
        retryAfterSeconds: 5,
      });
    }
  }

  private quarantine(guest: string, detail: string): Promise<void> {
    return this.quarantines.begin(guest, { reason: 'clone-suspected', detail }, service);
  }
}

function wordsOn(previous: string | null, shown: string | null): string {
  if (shown === null) return 'Its agent showed no join state, and had shown one before.';
  if (digest(shown) === previous)
    return 'Its agent showed the join state before the last with something new: two act under one identity.';
  return 'Its agent showed a join state that is not the last: two act under one identity, or it was rolled back.';
}
