import type { Target } from '@vestige/contract';
import { Check } from 'lucide-react';

import { Badge } from '#ui/badge.tsx';
import { cn } from '#ui/cn.ts';

import { stepsDone, targetSteps, targetWords } from './wipe-words.ts';

const stepNames: Record<(typeof targetSteps)[number], string> = {
  queued: 'Queued',
  delivered: 'Delivered',
  wiped: 'Wiped',
  verified: 'Verified',
};

/** How far one secret has come on the way to verified; where it left that way, how it ended. */
export function TargetSteps({ target }: { target: Pick<Target, 'state' | 'detail'> }) {
  const done = stepsDone(target.state);
  if (done === null) return <Ending target={target} />;
  return (
    <ol
      className="flex flex-wrap items-center gap-x-1.5 gap-y-1 text-xs"
      aria-label={`Progress: ${targetWords[target.state].word}`}
    >
      {targetSteps.map((step, index) => (
        <li key={step} className="flex items-center gap-1.5">
          {index === 0 ? null : (
            <span
              aria-hidden
              className={cn('h-px w-4 sm:w-6', index < done ? 'bg-ok' : 'bg-line-strong')}
            />
          )}
          <Step name={stepNames[step]} isDone={index < done} isNow={index === done - 1} />
        </li>
      ))}
    </ol>
  );
}

function Step({ name, isDone, isNow }: { name: string; isDone: boolean; isNow: boolean }) {
  return (
    <span
      aria-current={isNow ? 'step' : undefined}
      className={cn(
        'inline-flex items-center gap-1 whitespace-nowrap',
        isDone ? 'text-ok' : 'text-ink-3',
        isNow && 'font-semibold',
      )}
    >
      <span
        aria-hidden
        className={cn(
          'grid size-4 place-items-center rounded-full border',
          isDone ? 'border-ok bg-ok text-panel' : 'border-dashed border-line-strong',
        )}
      >
        {isDone ? <Check className="size-2.5" strokeWidth={3.5} /> : null}
      </span>
      {name}
      <span className="sr-only">{isDone ? ', done' : ', not yet'}</span>
    </span>
  );
}

function Ending({ target }: { target: Pick<Target, 'state' | 'detail'> }) {
  const word = targetWords[target.state];
  return (
    <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
      <Badge word={word} />
      <span className="text-xs text-ink-2">{target.detail ?? word.meaning}</span>
    </div>
  );
}
