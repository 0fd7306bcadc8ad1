import { describe, it } from 'vitest';

import type { Decision } from '../decider.ts';
import { given } from '../testing/given.ts';
import { GuestStory } from '../testing/guest-story.ts';
import { type WipeCommand, wipeDecider, type WipeOutcome } from './decide.ts';

const guest = new GuestStory();
const now = '2026-01-31T12:00:00.000Z';
const later = '2026-01-31T13:00:00.000Z';
const [a, b] = [guest.secret('a'), guest.secret('b')];

const order = (names: readonly string[] = ['a', 'b'], executeBefore: string | null = later) => ({
  reason: 'the owner left',
  ticket: null,
  executeBefore,
  targets: names.map((name) => guest.target(name)),
});
const requested = (...names: string[]): Decision => ({
  type: 'wipe.requested',
  data: order(names),
});
const released: Decision = { type: 'wipe.released', data: { approvals: 0 } };
const confirmed = (secret: string, outcome: 'verified' | 'wiped' | 'already-gone' = 'verified') =>
  ({ type: 'wipe.confirmed', data: { secret, outcome } }) as const;
const refused = (secret: string): Decision => ({
  type: 'wipe.refused',
  data: { secret, detail: 'why' },
});
const cancelled = (...secrets: string[]): Decision => ({
  type: 'wipe.cancelled',
  data: { secrets },
});
const expired = (...secrets: string[]): Decision => ({ type: 'wipe.expired', data: { secrets } });
const lost = (secret: string): Decision => ({ type: 'wipe.lost', data: { secret } });
const completed = (outcome: 'succeeded' | 'partly' | 'failed' | 'cancelled'): Decision => ({
  type: 'wipe.completed',
  data: { outcome },
});
const answer = (secret: string, outcome: WipeOutcome): WipeCommand => ({
  type: 'RecordOutcome',
  secret,
  outcome,
  detail: 'why',
});

const request = (names?: readonly string[], executeBefore?: string | null): WipeCommand => ({
  type: 'Request',
  now,
  ...order(names, executeBefore),
});

describe('requesting a wipe', () => {
  it('requests and releases the order at once', () => {
    given(wipeDecider)
      .when(request(['a', 'b']))
      .thenDecides(requested('a', 'b'), released);
  });
  it('takes an order without a time limit', () => {
    given(wipeDecider)
      .when(request(['a'], null))
      .thenDecides({ type: 'wipe.requested', data: order(['a'], null) }, released);
  });
  it('refuses an order that exists', () => {
    given(wipeDecider, requested('a'), released).when(request()).thenRefused('wipe-exists');
  });
  it('refuses an order for nothing', () => {
    given(wipeDecider).when(request([])).thenRefused('wipe-without-targets');
  });
  it('refuses an order that names a secret twice', () => {
    given(wipeDecider)
      .when(request(['a', 'a']))
      .thenRefused('wipe-without-targets');
  });
  it('refuses an order that is overdue from the start', () => {
    given(wipeDecider)
      .when(request(['a'], now))
      .thenRefused('wipe-too-late');
  });
});

describe('recording what agents answer', () => {
  const two = [requested('a', 'b'), released];

  it('leaves the order open while a target has no answer', () => {
    given(wipeDecider, ...two)
      .when(answer(a, 'verified'))
      .thenDecides(confirmed(a));
  });
  it.each(['verified', 'wiped', 'already-gone'] as const)('succeeds when all are %s', (outcome) => {
    given(wipeDecider, ...two, confirmed(a))
      .when(answer(b, outcome))
      .thenDecides(confirmed(b, outcome), completed('succeeded'));
  });
  it('succeeds only partly when one refuses', () => {
    given(wipeDecider, ...two, confirmed(a))
      .when(answer(b, 'refused'))
      .thenDecides(refused(b), completed('partly'));
  });
  it('fails when none succeeded', () => {
    given(wipeDecider, ...two, refused(a))
      .when(answer(b, 'failed'))
      .thenDecides(
        { type: 'wipe.failed', data: { secret: b, detail: 'why' } },
        completed('failed'),
      );
  });
  it('keeps an agent that was too late apart from one that failed', () => {
    given(wipeDecider, ...two)
      .when(answer(a, 'expired'))
      .thenDecides(expired(a));
  });
  it.each(['verified', 'refused', 'failed', 'expired'] as const)(
    'never moves what an agent answered when %s is said again',
    (outcome) => {
      for (const final of [confirmed(a, 'wiped'), refused(a)])
        given(wipeDecider, ...two, final)
          .when(answer(a, outcome))
          .thenNothing();
    },
  );
  it.each(['refused', 'expired', 'already-gone'] as const)(
    'leaves what the service concluded when an agent did nothing: %s',
    (outcome) => {
      for (const final of [cancelled(a), expired(a), lost(a)])
        given(wipeDecider, ...two, final)
          .when(answer(a, outcome))
          .thenNothing();
    },
  );
  it('tells of a wipe that was done after all, and that the order ended otherwise', () => {
    for (const final of [cancelled(a), expired(a), lost(a)])
      given(wipeDecider, requested('a'), released, final, completed('failed'))
        .when(answer(a, 'verified'))
        .thenDecides(confirmed(a), completed('succeeded'));
  });
  it('tells of a late failure without ending the order once more', () => {
    given(wipeDecider, requested('a'), released, expired(a), completed('failed'))
      .when(answer(a, 'failed'))
      .thenDecides({ type: 'wipe.failed', data: { secret: a, detail: 'why' } });
  });
  it('ignores an answer about a secret that is not in the order', () => {
    given(wipeDecider, requested('a'), released).when(answer(b, 'verified')).thenNothing();
  });
  it('ignores an answer to an order that does not exist', () => {
    given(wipeDecider).when(answer(a, 'verified')).thenNothing();
  });
});

describe('losing a target with its boot', () => {
  it('says so, and completes the order with the last target', () => {
    given(wipeDecider, requested('a'), released)
      .when({ type: 'Lose', secret: a })
      .thenDecides(lost(a), completed('failed'));
  });
  it('changes nothing of what is final', () => {
    given(wipeDecider, requested('a', 'b'), released, confirmed(a))
      .when({ type: 'Lose', secret: a })
      .thenNothing();
  });
});

describe('cancelling', () => {
  const open = [requested('a', 'b'), released];

  it('cancels every target that no agent has', () => {
    given(wipeDecider, ...open)
      .when({ type: 'Cancel', delivered: [] })
      .thenDecides(cancelled(a, b), completed('cancelled'));
  });
  it('leaves to the agents what they have', () => {
    given(wipeDecider, ...open)
      .when({ type: 'Cancel', delivered: [a] })
      .thenDecides(cancelled(b));
  });
  it('ends partly when something was wiped before', () => {
    given(wipeDecider, ...open, confirmed(a))
      .when({ type: 'Cancel', delivered: [] })
      .thenDecides(cancelled(b), completed('partly'));
  });
  it('refuses when agents have all of it', () => {
    given(wipeDecider, ...open)
      .when({ type: 'Cancel', delivered: [a, b] })
      .thenRefused('wipe-delivered');
  });
  it('does nothing a second time', () => {
    given(wipeDecider, ...open, cancelled(a, b), completed('cancelled'))
      .when({ type: 'Cancel', delivered: [] })
      .thenNothing();
    given(wipeDecider, ...open, cancelled(b))
      .when({ type: 'Cancel', delivered: [a] })
      .thenNothing();
  });
  it('refuses a completed order', () => {
    given(wipeDecider, requested('a'), released, confirmed(a), completed('succeeded'))
      .when({ type: 'Cancel', delivered: [] })
      .thenRefused('wipe-completed');
  });
  it('refuses an unknown order', () => {
    given(wipeDecider).when({ type: 'Cancel', delivered: [] }).thenRefused('wipe-unknown');
  });
});

describe('expiring', () => {
  const open = [requested('a', 'b'), released];

  it('ends what has no answer when the time is over', () => {
    given(wipeDecider, ...open, confirmed(a))
      .when({ type: 'Expire', now: later })
      .thenDecides(expired(b), completed('partly'));
  });
  it('waits for the time', () => {
    given(wipeDecider, ...open)
      .when({ type: 'Expire', now })
      .thenNothing();
  });
  it('never ends an order without a time', () => {
    given(wipeDecider, { type: 'wipe.requested', data: order(['a'], null) })
      .when({ type: 'Expire', now: later })
      .thenNothing();
  });
  it('has nothing to end in a completed order', () => {
    given(wipeDecider, requested('a'), confirmed(a), completed('succeeded'))
      .when({ type: 'Expire', now: later })
      .thenNothing();
  });
  it('is not moved by events of other streams', () => {
    given(wipeDecider, { type: 'session.closed', data: {} })
      .when({ type: 'Expire', now: later })
      .thenNothing();
  });
});
