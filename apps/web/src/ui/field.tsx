import { type ComponentProps, type ReactNode, useId } from 'react';

import { cn } from './cn.ts';

export const inputLook =
  'h-9 w-full rounded-md border border-line-strong bg-panel px-2.5 text-sm placeholder:text-ink-3';

/** A labelled input with its hint and what is wrong with it. */
export function Field({
  label,
  hint,
  wrong,
  className,
  ...rest
}: ComponentProps<'input'> & { label: ReactNode; hint?: string; wrong?: string | null }) {
  const id = useId();
  const described = [hint ? `${id}-hint` : null, wrong ? `${id}-wrong` : null].filter(Boolean);
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      <input
        id={id}
        aria-describedby={described.length === 0 ? undefined : described.join(' ')}
        aria-invalid={wrong ? true : undefined}
        {...rest}
        className={cn(inputLook, wrong && 'border-bad')}
      />
      {hint ? (
        <p id={`${id}-hint`} className="mt-1 text-xs text-ink-2">
          {hint}
        </p>
      ) : null}
      {wrong ? (
        <p id={`${id}-wrong`} role="alert" className="mt-1 text-xs font-medium text-bad">
          {wrong}
        </p>
      ) : null}
    </div>
  );
}
