'use client';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { type EnrolmentToken, listEnrolmentTokens, revokeEnrolmentToken } from '@vestige/contract';
import { Ban, CalendarX, CircleCheck, CircleDot } from 'lucide-react';
import { toast } from 'sonner';

import { api, errorText, pages } from '#api/ask.ts';
import { refresh } from '#api/refresh.ts';
import { useWhyNot } from '#session/session-context.tsx';
import { Time } from '#time/time.tsx';
import { Badge } from '#ui/badge.tsx';
import { Button } from '#ui/button.tsx';
import { type Column, DataTable } from '#ui/data-table.tsx';
import { PagedList } from '#ui/paged-list.tsx';
import { Panel } from '#ui/panel.tsx';
import type { Word } from '#ui/tone.ts';

const stateWords: Record<EnrolmentToken['state'], Word> = {
  usable: { word: 'Usable', icon: CircleDot, tone: 'info', meaning: 'A guest can enrol with it.' },
  used: {
    word: 'Used',
    icon: CircleCheck,
    tone: 'ok',
    meaning: 'As many guests as it is for have come.',
  },
  expired: { word: 'Expired', icon: CalendarX, tone: 'muted', meaning: 'Its time is over.' },
  revoked: { word: 'Revoked', icon: Ban, tone: 'muted', meaning: 'Somebody took it back.' },
};

const columns: readonly Column<EnrolmentToken>[] = [
  { id: 'id', header: 'Token', cell: ({ id }) => <span className="font-mono">{id}</span> },
  { id: 'state', header: 'State', cell: ({ state }) => <Badge word={stateWords[state]} /> },
  { id: 'used', header: 'Used', cell: ({ used, uses }) => `${used} of ${uses}` },
  { id: 'issued', header: 'Issued', cell: ({ issuedAt }) => <Time at={issuedAt} /> },
  { id: 'expires', header: 'Expires', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
  {
    id: 'revoke',
    header: 'Revoke',
    className: 'text-right',
    cell: (token) => <RevokeButton token={token} />,
  },
];

/** The tokens that were issued: which can still bring a guest in. */
export function EnrolmentTokens() {
  const tokens = useInfiniteQuery(pages<EnrolmentToken>(listEnrolmentTokens, { limit: 50 }));
  return (
    <Panel title="Enrolment tokens">
      <PagedList
        of={tokens}
        noun="tokens"
        empty={<p className="px-4 py-4 text-ink-2">No token has been issued yet.</p>}
      >
        {(rows: EnrolmentToken[]) => (
          <DataTable
            caption="Enrolment tokens"
            columns={columns}
            rows={rows}
            rowId={(token) => token.id}
            width="min-w-xl"
          />
        )}
      </PagedList>
    </Panel>
  );
}

function RevokeButton({ token }: { token: EnrolmentToken }) {
  const queries = useQueryClient();
  const whyNot = useWhyNot('enrolment-token.revoke');
  const revoke = useMutation({
    mutationFn: () => api(revokeEnrolmentToken, { params: { id: token.id } }),
    onSuccess: () => refresh(queries),
    onError: (error) => toast.error(errorText(error)),
  });
  const isOver = token.state === 'usable' ? null : `The token is ${token.state} already.`;
  return (
    <Button
      aria-label={`Revoke the token ${token.id}`}
      why={whyNot ?? isOver}
      onClick={() => revoke.mutate()}
    >
      Revoke
    </Button>
  );
}
