import type { GuidPolicy, Observation, SecretRef, Source } from '@vestige/contract';

import type { JournalErrorCode } from '../journal/journal-error.ts';
import type { Recorded, SourceChange, WatchResult, WatchTarget } from './observer.ts';

/** What the main thread asks of the worker. */
export type Request =
  | { ask: 'watch'; target: WatchTarget }
  | { ask: 'unwatch'; source: Source }
  | { ask: 'items'; source: Source; items: SecretRef[] }
  | { ask: 'expect-wipe'; source: Source; name: string }
  | { ask: 'own-access'; source: Source; isRunning: boolean }
  | { ask: 'policies'; policies: GuidPolicy[] }
  | { ask: 'reads'; counts: ReadonlyMap<string, number> }
  | { ask: 'append'; observation: Observation }
  | { ask: 'acknowledge'; boot: string; through: number }
  | { ask: 'stop' };

export interface NumberedRequest {
  id: number;
  request: Request;
}

/** `append` is answered with the record's seq, `watch` with its result, the others with null. */
export type Answer = WatchResult | number | null;

/** What the worker tells the main thread. */
export type Notice =
  | { tell: 'started'; isResumed: boolean; nextSeq: number }
  | { tell: 'answer'; id: number; answer: Answer }
  | { tell: 'refused'; id: number; code: JournalErrorCode | null; message: string }
  | { tell: 'recorded'; recorded: Recorded }
  | { tell: 'changed'; change: SourceChange };
