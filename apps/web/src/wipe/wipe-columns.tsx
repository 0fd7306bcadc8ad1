'use client';
import { type Actor, TargetState, type Wipe } from '@vestige/contract';

import { links } from '#links.ts';
import { Time } from '#time/time.tsx';
import { Badge } from '#ui/badge.tsx';
import type { Column } from '#ui/data-table.tsx';
import { TextLink } from '#ui/link.tsx';

import { targetWords, wipeWord } from './wipe-words.ts';

/** Who ordered it: the name where one is known. */
export function requesterText({ actor, name }: { actor: Actor; name: string | null }): string {
  if (name !== null) return name;
  return actor.kind === 'service' ? 'the service' : `${actor.kind} ${actor.id}`;
}

/** "2 wiped and verified, 1 queued": each state that occurs, none folded into another. */
export function CountsText({ counts }: { counts: Wipe['counts'] }) {
  const parts = TargetState.options.flatMap((state) => {
    const count = counts[state] ?? 0;
    return count === 0
      ? []
      : [{ state, text: `${count} ${targetWords[state].word.toLowerCase()}` }];
  });
  return (
    <ul className="flex flex-wrap gap-1">
      {parts.map(({ state, text }) => (
        <li key={state}>
          <Badge word={{ ...targetWords[state], word: text }} />
        </li>
      ))}
    </ul>
  );
}

export const wipeColumns: readonly Column<Wipe>[] = [
  {
    id: 'order',
    header: 'Order',
    className: 'max-w-96',
    cell: (wipe) => (
      <div className="min-w-0">
        <TextLink data-row-link href={links.wipe(wipe.id)} className="block truncate font-medium">
          {wipe.reason}
        </TextLink>
        <p className="truncate text-xs text-ink-2">
          <span className="font-mono">{wipe.id.slice(0, 8)}</span>
          {wipe.ticket === null ? '' : `, ticket ${wipe.ticket}`}
        </p>
      </div>
    ),
  },
  {
    id: 'state',
    header: 'State',
    sort: (wipe) => wipeWord(wipe).word,
    cell: (wipe) => <Badge word={wipeWord(wipe)} />,
  },
  {
    id: 'targets',
    header: 'Its secrets',
    className: 'min-w-56',
    sort: ({ targetCount }) => targetCount,
    cell: ({ counts }) => <CountsText counts={counts} />,
  },
  {
    id: 'by',
    header: 'Requested by',
    sort: ({ requestedBy }) => requesterText(requestedBy),
    className: 'max-w-40 truncate',
    cell: ({ requestedBy }) => requesterText(requestedBy),
  },
  {
    id: 'at',
    header: 'Requested',
    sort: ({ requestedAt }) => requestedAt,
    className: 'text-right whitespace-nowrap text-ink-2 tabular-nums',
    cell: ({ requestedAt }) => <Time at={requestedAt} />,
  },
];
