import { cva, type VariantProps } from 'class-variance-authority';
import type { ComponentProps } from 'react';

import { cn } from './cn.ts';

const styles = cva(
  'inline-flex min-h-8 items-center justify-center gap-1.5 rounded-md border px-3 text-sm font-medium whitespace-nowrap transition-colors aria-disabled:opacity-60 disabled:opacity-60',
  {
    variants: {
      kind: {
        primary:
          'border-transparent bg-accent text-accent-ink not-aria-disabled:hover:bg-accent/90',
        danger: 'border-transparent bg-bad text-panel not-aria-disabled:hover:bg-bad/90',
        plain: 'border-line bg-panel text-ink not-aria-disabled:hover:bg-raised',
        quiet: 'border-transparent bg-transparent text-ink-2 hover:bg-raised hover:text-ink',
      },
    },
    defaultVariants: { kind: 'plain' },
  },
);

type ButtonProps = ComponentProps<'button'> &
  VariantProps<typeof styles> & {
    /** Why it cannot be pressed now; said on hover, on focus and to screen readers. */
    why?: string | null | undefined;
  };

/** A button that stays reachable when it is off, because it then says why. */
export function Button({ kind, why = null, className, onClick, ...rest }: ButtonProps) {
  const isOff = why !== null;
  const button = (
    <button
      type="button"
      {...rest}
      aria-disabled={isOff || undefined}
      aria-description={why ?? undefined}
      title={why ?? rest.title}
      onClick={isOff ? (event) => event.preventDefault() : onClick}
      className={cn(styles({ kind }), className)}
    />
  );
  return button;
}

/** The looks of a button for a link. */
export function buttonLook(kind: NonNullable<VariantProps<typeof styles>['kind']>): string {
  return styles({ kind });
}
