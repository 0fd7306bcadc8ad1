'use client';
import type { Guest } from '@vestige/contract';

import { links } from '#links.ts';
import { conditionWords } from '#source/source-words.ts';
import { Badge } from '#ui/badge.tsx';
import type { Column } from '#ui/data-table.tsx';
import { TextLink } from '#ui/link.tsx';

import { LastHeard } from './last-heard.tsx';

const number = 'text-right tabular-nums';

export const guestColumns: readonly Column<Guest>[] = [
  {
    id: 'name',
    header: 'Guest',
    sort: ({ name }) => name,
    cell: (guest) => (
      <div className="min-w-0">
        <TextLink data-row-link href={links.guest(guest.id)} className="font-medium">
          {guest.name}
        </TextLink>
        <LabelLine labels={guest.labels} />
      </div>
    ),
  },
  {
    id: 'presence',
    header: 'Presence',
    sort: ({ presence }) => presence,
    cell: (guest) => <LastHeard guest={guest} />,
  },
  {
    id: 'platform',
    header: 'Platform',
    sort: ({ platform }) => platform,
    cell: ({ platform }) => <span className="font-mono text-xs">{platform}</span>,
  },
  {
    id: 'sources',
    header: 'Sources',
    cell: ({ sources }) => (
      <div className="flex flex-wrap gap-1">
        {sources.map(({ source, condition }) => (
          <Badge
            key={source.kind + source.path}
            word={{ ...conditionWords[condition], word: `${source.kind} ${condition}` }}
          />
        ))}
        {sources.length === 0 ? <span className="text-ink-3">none reported</span> : null}
      </div>
    ),
  },
  {
    id: 'present',
    header: 'Present',
    sort: ({ secrets }) => secrets.present,
    className: number,
    cell: ({ id, secrets }) => (
      <TextLink href={links.secrets({ guest: id, state: 'present' })}>{secrets.present}</TextLink>
    ),
  },
  {
    id: 'read',
    header: 'Read',
    sort: ({ secrets }) => secrets.read,
    className: number,
    cell: ({ secrets }) => secrets.read,
  },
  {
    id: 'wiped',
    header: 'Wiped',
    sort: ({ secrets }) => secrets.wiped,
    className: number,
    cell: ({ secrets }) => secrets.wiped,
  },
  {
    id: 'gaps',
    header: 'Gaps',
    sort: ({ gaps }) => gaps,
    className: number,
    cell: ({ id, gaps }) =>
      gaps === 0 ? (
        0
      ) : (
        <TextLink href={links.events({ guest: id, type: 'agent.gap' })}>{gaps}</TextLink>
      ),
  },
];

export function LabelLine({ labels }: { labels: Record<string, string> }) {
  const texts = Object.entries(labels).map(([key, value]) =>
    value === '' ? key : `${key}=${value}`,
  );
  return texts.length === 0 ? null : (
    <p className="truncate text-xs text-ink-2">{texts.join('  ')}</p>
  );
}
