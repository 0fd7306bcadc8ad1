import { Controller, type MessageEvent } from '@nestjs/common';
import { endpoints } from '@vestige/contract';
import {
  exhaustMap,
  filter,
  from,
  interval,
  map,
  merge,
  NEVER,
  startWith,
  switchMap,
  takeUntil,
  throttleTime,
  type Observable,
} from 'rxjs';

import { Sessions } from '../access/sessions.ts';
import type { Person } from '../http/caller.ts';
import { By, Endpoint } from '../http/endpoint.decorator.ts';
import { EventLog } from '../log/event-log.ts';
import { Lifecycle } from '../log/lifecycle.ts';

const coalesceMs = 200;
const heartbeatMs = 15_000;

/** Hints that the log has grown, and goes on to say how far; what grew is to be asked from the views. */
@Controller()
export class FeedController {
  constructor(
    private readonly log: EventLog,
    private readonly sessions: Sessions,
    private readonly lifecycle: Lifecycle,
  ) {}

  /** The first hint comes at once, so a reader who reconnects with `Last-Event-ID` is up to date with it. */
  @Endpoint(endpoints.feed)
  open(@By() person: Person): Observable<MessageEvent> {
    const hints = this.log.followers.caughtUp.pipe(
      filter((size) => size > 0),
      throttleTime(coalesceMs, undefined, { leading: true, trailing: true }),
      map((size) => size - 1),
      map((position) => ({ type: 'grew', id: String(position), data: { position } })),
    );
    return hints.pipe(
      switchMap(repeated),
      takeUntil(merge(this.lifecycle.stopping, this.ended(person))),
    );
  }

  /** A stream ends with the session that opened it: signed out, or run out. */
  private ended({ session }: Person): Observable<unknown> {
    if (session === null) return NEVER;
    const signedOut = this.sessions.closed.pipe(filter((hash) => hash === session));
    const runOut = interval(heartbeatMs).pipe(
      exhaustMap(() => from(this.sessions.find(session))),
      filter((found) => found === null),
    );
    return merge(signedOut, runOut);
  }
}

/** An event, not a comment: a browser shows its page no comments, so silence alone would tell it nothing. */
function repeated(hint: MessageEvent): Observable<MessageEvent> {
  return interval(heartbeatMs).pipe(
    map(() => hint),
    startWith(hint),
  );
}
