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
  share,
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

/** Hints that the log has grown; what grew is to be asked from the views. */
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
    const beats = interval(heartbeatMs).pipe(share());
    const comments = beats.pipe(map(() => ({ comment: 'here' })));
    return merge(hints, comments).pipe(
      takeUntil(merge(this.lifecycle.stopping, this.ended(person, beats))),
    );
  }

  /** A stream ends with the session that opened it: signed out, or run out. */
  private ended({ session }: Person, beats: Observable<number>): Observable<unknown> {
    if (session === null) return NEVER;
    const signedOut = this.sessions.closed.pipe(filter((hash) => hash === session));
    const runOut = beats.pipe(
      exhaustMap(() => from(this.sessions.find(session))),
      filter((found) => found === null),
    );
    return merge(signedOut, runOut);
  }
}
