'use client';
import { useQuery } from '@tanstack/react-query';
import { listEvents } from '@vestige/contract';
import { CircleCheck, LoaderCircle } from 'lucide-react';
import NextLink from 'next/link';

import { question } from '#api/ask.ts';
import { links } from '#links.ts';
import { buttonLook } from '#ui/button.tsx';

const pollMs = 2000;

/** Waits for the guest that comes with this token; the feed brings it at once, the poll also without the feed. */
export function WaitingForGuest({ tokenId }: { tokenId: string }) {
  const enrolled = useQuery({
    ...question(listEvents, { query: { type: 'guest.enrolled', order: 'desc', limit: 50 } }),
    refetchInterval: pollMs,
  });
  const event = enrolled.data?.items.find(({ data }) => data['enrolmentToken'] === tokenId);
  return (
    <div aria-live="polite">
      {event?.guest === undefined ? (
        <p className="flex items-center gap-2 text-ink-2">
          <LoaderCircle aria-hidden className="size-4 animate-spin text-accent" />
          Waiting for the agent…
        </p>
      ) : (
        <div className="flex flex-wrap items-center gap-3">
          <p className="flex items-center gap-2 font-medium">
            <CircleCheck aria-hidden className="size-4 text-ok" />
            {event.guestName ?? 'The guest'} is here.
          </p>
          <NextLink href={links.guest(event.guest)} className={buttonLook('primary')}>
            Open the guest
          </NextLink>
        </div>
      )}
    </div>
  );
}
