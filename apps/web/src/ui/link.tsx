import NextLink from 'next/link';
import type { ComponentProps } from 'react';

import { cn } from './cn.ts';

/** A link within the text or a table. */
export function TextLink({ className, ...rest }: ComponentProps<typeof NextLink>) {
  return (
    <NextLink
      prefetch={false}
      {...rest}
      className={cn(
        'rounded-sm text-accent underline decoration-accent/40 underline-offset-3 hover:decoration-accent',
        className,
      )}
    />
  );
}
