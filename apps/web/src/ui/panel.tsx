import type { ReactNode } from 'react';

import { cn } from './cn.ts';

/** A titled part of a page. */
export function Panel({
  title,
  aside,
  children,
  className,
}: {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <section
      aria-label={title}
      className={cn('min-w-0 rounded-lg border bg-panel shadow-xs', className)}
    >
      <header className="flex min-h-11 flex-wrap items-center justify-between gap-x-3 gap-y-1 border-b px-4 py-1.5">
        <h2 className="text-sm font-semibold">{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

/** The head of a page: what it shows, what can be done. */
export function PageHead({
  title,
  lead,
  actions,
  over,
}: {
  title: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
  over?: ReactNode;
}) {
  return (
    <header className="mb-4 flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
      <div className="min-w-0">
        {over === undefined ? null : <div className="mb-1 text-xs text-ink-2">{over}</div>}
        <h1 className="text-xl font-semibold tracking-tight break-words">{title}</h1>
        {lead === undefined ? null : (
          <div className="mt-1 max-w-3xl text-pretty text-ink-2">{lead}</div>
        )}
      </div>
      {actions === undefined ? null : (
        <div className="flex flex-wrap items-center gap-2">{actions}</div>
      )}
    </header>
  );
}
