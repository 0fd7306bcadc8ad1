'use client';
import { Dialog } from '@base-ui/react/dialog';
import type { RecordedEvent } from '@vestige/contract';
import { Braces, X } from 'lucide-react';

import { CopyButton } from '#ui/copy-button.tsx';
import { ScrollRegion } from '#ui/scroll-region.tsx';

import { eventWords } from './event-words.ts';

/** The whole event as JSON, in a drawer. */
export function RawEvent({ event }: { event: RecordedEvent }) {
  const json = JSON.stringify(event, null, 2);
  const { word } = eventWords[event.type];
  return (
    <Dialog.Root>
      <Dialog.Trigger
        aria-label={`Event ${event.position}, ${word}, as JSON`}
        title={`Event ${event.position} as JSON`}
        className="grid size-7 place-items-center rounded text-ink-3 hover:bg-raised hover:text-ink"
      >
        <Braces aria-hidden className="size-3.5" />
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Backdrop className="page-backdrop" />
        <Dialog.Popup className="fixed inset-y-0 right-0 z-50 flex w-xl max-w-full flex-col border-l bg-panel shadow-xl">
          <div className="flex items-center justify-between gap-3 border-b px-4 py-3">
            <div className="min-w-0">
              <Dialog.Title className="font-semibold">Event {event.position}</Dialog.Title>
              <Dialog.Description className="font-mono text-xs text-ink-2">
                {event.type}
              </Dialog.Description>
            </div>
            <div className="flex items-center gap-2">
              <CopyButton text={json} />
              <Dialog.Close
                aria-label="Close"
                className="grid size-8 place-items-center rounded-md hover:bg-raised"
              >
                <X aria-hidden className="size-4" />
              </Dialog.Close>
            </div>
          </div>
          <ScrollRegion label="The event as JSON" className="flex-1 p-4">
            <pre className="font-mono text-xs leading-relaxed break-words whitespace-pre-wrap">
              {json}
            </pre>
          </ScrollRegion>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
