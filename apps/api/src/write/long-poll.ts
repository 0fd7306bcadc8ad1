import type { ServerResponse } from 'node:http';

import {
  auditTime,
  concatMap,
  distinctUntilChanged,
  from,
  fromEvent,
  merge,
  type Observable,
  share,
  timer,
} from 'rxjs';

import type { EventLog } from '../log/event-log.ts';
import type { Lifecycle } from '../log/lifecycle.ts';

/** Growth within this time is looked at once. */
const coalesceMs = 50;

/** What one look for all polls finds, whenever it changes: were each poll to look, many guests would cost their square. */
export function changesOf<T>({ followers }: EventLog, look: () => Promise<T>): Observable<T> {
  return followers.caughtUp.pipe(
    auditTime(coalesceMs),
    concatMap(() => from(look())),
    distinctUntilChanged(),
    share(),
  );
}

/** A poll ends after its wait, when the agent hangs up, or when the service stops. */
export function endOf(
  waitSeconds: number,
  { stopping }: Lifecycle,
  response: ServerResponse,
): Observable<unknown> {
  return merge(timer(waitSeconds * 1000), stopping, fromEvent(response, 'close'));
}
