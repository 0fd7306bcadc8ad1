'use client';
import { Tooltip } from '@base-ui/react/tooltip';
import { cva, type VariantProps } from 'class-variance-authority';
import { type ComponentProps, type MouseEvent, useId, useState } from 'react';

import { cn } from './cn.ts';

const styles = cva(
  'inline-flex min-h-8 items-center justify-center gap-1.5 rounded-md border px-3 text-sm font-medium whitespace-nowrap transition-colors aria-disabled:opacity-60',
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

type PlainButtonProps = ComponentProps<'button'> & VariantProps<typeof styles>;

/** A button that stays reachable when it is off, because it then says why: on hover, focus and tap. */
export function Button({
  why = null,
  kind,
  className,
  onClick,
  ...rest
}: PlainButtonProps & { why?: string | null }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const isOff = why !== null;
  const explain = (event: MouseEvent<HTMLButtonElement>) => {
    event.preventDefault();
    setOpen(true);
  };
  return (
    <>
      <Tooltip.Root open={isOff && open} onOpenChange={setOpen} disabled={!isOff}>
        <Tooltip.Trigger
          delay={100}
          closeOnClick={false}
          {...rest}
          type={rest.type ?? 'button'}
          aria-disabled={isOff || undefined}
          aria-describedby={isOff ? id : undefined}
          onClick={isOff ? explain : onClick}
          className={cn(styles({ kind }), className)}
        />
        <Why why={why} />
      </Tooltip.Root>
      {isOff ? (
        <span id={id} className="sr-only">
          {why}
        </span>
      ) : null}
    </>
  );
}

function Why({ why }: { why: string | null }) {
  return (
    <Tooltip.Portal>
      <Tooltip.Positioner sideOffset={6} className="z-60">
        <Tooltip.Popup className="max-w-72 rounded-md bg-ink px-2.5 py-1.5 text-xs text-panel shadow-lg">
          {why}
        </Tooltip.Popup>
      </Tooltip.Positioner>
    </Tooltip.Portal>
  );
}

/** The looks of a button for a link. */
export function buttonLook(kind: NonNullable<VariantProps<typeof styles>['kind']>): string {
  return styles({ kind });
}
