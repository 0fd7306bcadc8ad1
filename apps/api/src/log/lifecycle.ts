import { Injectable } from '@nestjs/common';
import { filter, take, type Observable, BehaviorSubject } from 'rxjs';

import { EventLog } from './event-log.ts';
import { LogGuard } from './log-guard.ts';

type Phase = 'starting' | 'ready' | 'stopping';

/** Where the process is between start and end. */
@Injectable()
export class Lifecycle {
  private readonly phase = new BehaviorSubject<Phase>('starting');
  /** Fires once, when the process begins to stop; late subscribers too. */
  readonly stopping: Observable<Phase> = this.phase.pipe(
    filter((phase) => phase === 'stopping'),
    take(1),
  );

  constructor(
    private readonly log: EventLog,
    private readonly guard: LogGuard,
  ) {}

  become(phase: Phase): void {
    this.phase.next(phase);
  }

  /** Why the service cannot take requests; null where it can. */
  whyNotReady(): string | null {
    if (this.phase.value !== 'ready') return `The service is ${this.phase.value}.`;
    if (this.guard.trouble !== null) return this.guard.trouble;
    if (!this.log.canWrite) return 'The last write to the log failed. Is the disk full?';
    const stuck = this.log.followers.status().find(({ failure }) => failure !== null);
    return stuck === undefined ? null : `The follower "${stuck.name}" stands still.`;
  }
}
