'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type Answer, issueEnrolmentToken } from '@vestige/contract';
import { KeySquare } from 'lucide-react';
import type { ReactNode } from 'react';

import { api } from '#api/ask.ts';
import { refresh } from '#api/refresh.ts';
import { useWhyNot } from '#session/session-context.tsx';
import { Refusal } from '#session/sign-in-form.tsx';
import { Time } from '#time/time.tsx';
import { Button } from '#ui/button.tsx';
import { cn } from '#ui/cn.ts';

import { Commands } from './commands.tsx';
import { WaitingForGuest } from './waiting-for-guest.tsx';

export type IssuedToken = Answer<typeof issueEnrolmentToken>;

/** Brings a guest in: a token, two commands, and the guest as soon as it is there. */
export function EnrolSteps() {
  const queries = useQueryClient();
  const whyNot = useWhyNot('enrolment-token.issue');
  const issue = useMutation({
    mutationFn: () => api(issueEnrolmentToken, { body: { uses: 1 } }),
    onSuccess: () => refresh(queries),
  });
  const token = issue.data;
  return (
    <ol className="overflow-hidden rounded-lg border bg-panel shadow-xs">
      <Step number={1} title="Create a one-time token" isOpen>
        <p className="mb-3 text-ink-2">It enrols one guest and expires after an hour.</p>
        <Button
          kind={token === undefined ? 'primary' : 'plain'}
          why={whyNot ?? (issue.isPending ? 'The token is being made.' : null)}
          onClick={() => issue.mutate()}
        >
          <KeySquare aria-hidden className="size-4" />
          {token === undefined ? 'Create the token' : 'Create another'}
        </Button>
        {token === undefined ? null : (
          <p className="mt-2 text-xs text-ink-2">
            Token {token.id} was made. It is part of the commands below, is shown this once, and
            expires <Time at={token.expiresAt} />.
          </p>
        )}
        <div className="mt-2">
          <Refusal error={issue.error} />
        </div>
      </Step>
      <Step number={2} title="Run the agent in the guest" isOpen={token !== undefined}>
        {token === undefined ? null : <Commands token={token.token} />}
      </Step>
      <Step number={3} title="Wait until the guest appears" isOpen={token !== undefined}>
        {token === undefined ? null : <WaitingForGuest key={token.id} tokenId={token.id} />}
      </Step>
    </ol>
  );
}

function Step({
  number,
  title,
  isOpen,
  children,
}: {
  number: number;
  title: string;
  isOpen: boolean;
  children: ReactNode;
}) {
  return (
    <li className="grid grid-cols-[1.75rem_minmax(0,1fr)] gap-x-3 border-b px-4 py-4 last:border-b-0">
      <span
        aria-hidden
        className={cn(
          'grid size-7 place-items-center rounded-full text-xs font-semibold',
          isOpen ? 'bg-accent text-accent-ink' : 'bg-muted-soft text-ink-2',
        )}
      >
        {number}
      </span>
      <div className="min-w-0 pt-1">
        <h2 className={cn('mb-1 font-semibold', !isOpen && 'text-ink-2')}>{title}</h2>
        {children}
      </div>
    </li>
  );
}
