import type { ReactNode } from 'react';

import { cn } from './cn.ts';

/** A part that scrolls by itself. It takes the focus, so that the keyboard can scroll it (WCAG 2.1.1). */
export function ScrollRegion({
  label,
  className,
  children,
}: {
  label: string;
  className?: string;
  children: ReactNode;
}) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolling is its interaction
    <section aria-label={label} tabIndex={0} className={cn('overflow-auto', className)}>
      {children}
    </section>
  );
}
