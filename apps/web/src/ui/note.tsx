import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

import { cn } from './cn.ts';
import { type Tone, toneSoft, toneText } from './tone.ts';

/** A sentence that must not be overlooked. */
export function Note({
  tone,
  icon: Icon,
  children,
  role,
  className,
}: {
  tone: Tone;
  icon: LucideIcon;
  children: ReactNode;
  role?: 'alert' | 'status';
  className?: string;
}) {
  return (
    <div
      role={role}
      className={cn('flex gap-2.5 rounded-md px-3 py-2 text-sm', toneSoft[tone], className)}
    >
      <Icon aria-hidden className={cn('mt-0.5 size-4 shrink-0', toneText[tone])} />
      <div className="min-w-0 break-words">{children}</div>
    </div>
  );
}

/** What a list shows when there is nothing in it. */
export function Empty({
  icon: Icon,
  title,
  children,
}: {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center px-6 py-12 text-center">
      <Icon aria-hidden className="size-6 text-ink-3" strokeWidth={1.5} />
      <p className="mt-3 font-medium">{title}</p>
      {children === undefined ? null : (
        <div className="mt-1 max-w-md text-ink-2 [&_a]:underline">{children}</div>
      )}
    </div>
  );
}
