'use client';
import { AlertDialog } from '@base-ui/react/alert-dialog';
import type { WipeSelection } from '@vestige/contract';
import { Eraser } from 'lucide-react';
import { useState } from 'react';

import { Button } from '#ui/button.tsx';

import { WipeForm } from './wipe-form.tsx';
import { WipeProgress } from './wipe-progress.tsx';

export interface WipeDialogProps {
  readonly label: string;
  /** Why it cannot be ordered now; null where it can. */
  readonly why: string | null;
  readonly select: WipeSelection;
  /** Where a secret is in its guest; null where that is not known. */
  readonly pathOf: (secret: string) => string | null;
  readonly title: string;
  /** What must be typed, and what that is the end of. */
  readonly confirmation: string;
  readonly confirmationOf: string;
}

/** Says in full what a wipe destroys, asks for a reason and a typed confirmation, then follows the order to its end. */
export function WipeDialog(props: WipeDialogProps) {
  const [open, setOpen] = useState(false);
  const [order, setOrder] = useState<string | null>(null);
  const change = (next: boolean) => {
    setOpen(next);
    if (next) setOrder(null);
  };
  return (
    <>
      <Button kind="danger" why={props.why} aria-haspopup="dialog" onClick={() => change(true)}>
        <Eraser aria-hidden className="size-4" />
        {props.label}
      </Button>
      <AlertDialog.Root open={open} onOpenChange={change}>
        <AlertDialog.Portal>
          <AlertDialog.Backdrop className="page-backdrop" />
          <AlertDialog.Viewport className="fixed inset-0 z-50 grid place-items-center overflow-y-auto p-3">
            <AlertDialog.Popup className="w-full max-w-xl rounded-xl border bg-panel p-5 shadow-2xl">
              <AlertDialog.Title className="text-base font-semibold break-words">
                {order === null ? props.title : 'The wipe order was given'}
              </AlertDialog.Title>
              {order === null ? (
                <WipeForm {...props} onOrdered={setOrder} onCancel={() => change(false)} />
              ) : (
                <WipeProgress id={order} onClose={() => change(false)} />
              )}
            </AlertDialog.Popup>
          </AlertDialog.Viewport>
        </AlertDialog.Portal>
      </AlertDialog.Root>
    </>
  );
}
