'use client';
import type { Secret } from '@vestige/contract';

import { links } from '#links.ts';
import { SourceCell } from '#source/source-path.tsx';
import { Time } from '#time/time.tsx';
import type { Column } from '#ui/data-table.tsx';
import { TextLink } from '#ui/link.tsx';

import { SecretStateBadges } from './secret-state.tsx';
import { readsText } from './secret-words.ts';

export const secretColumns: readonly Column<Secret>[] = [
  {
    id: 'name',
    header: 'Secret',
    sort: ({ usage, name }) => usage ?? name,
    className: 'max-w-48 sm:max-w-88',
    cell: (secret) => <SecretName secret={secret} />,
  },
  {
    id: 'guest',
    header: 'Guest',
    sort: ({ guestName }) => guestName,
    className: 'hidden max-w-44 truncate sm:table-cell',
    cell: ({ guest, guestName }) => <TextLink href={links.guest(guest)}>{guestName}</TextLink>,
  },
  {
    id: 'state',
    header: 'State',
    sort: ({ state, verification }) => state + (verification ?? ''),
    cell: (secret) => <SecretStateBadges secret={secret} />,
  },
  {
    id: 'source',
    header: 'Source',
    sort: ({ source }) => `${source.kind} ${source.path}`,
    className: 'hidden max-w-52 whitespace-nowrap sm:table-cell',
    cell: ({ source }) => <SourceCell source={source} />,
  },
  {
    id: 'reads',
    header: 'Reads',
    sort: ({ reads }) => reads,
    className: 'text-right whitespace-nowrap tabular-nums',
    cell: (secret) => (
      <span
        className={secret.reads === 0 ? 'text-ink-3' : ''}
        title={
          secret.priorAccess === 'unknown'
            ? 'Access before the agent watched is unknown.'
            : undefined
        }
      >
        {readsText(secret)}
      </span>
    ),
  },
  {
    id: 'reader',
    header: 'Last reader',
    className: 'max-w-52',
    cell: (secret) => <LastReader secret={secret} />,
  },
  {
    id: 'age',
    header: 'Discovered',
    sort: ({ discoveredAt }) => discoveredAt,
    className: 'text-right whitespace-nowrap text-ink-2 tabular-nums',
    cell: ({ discoveredAt }) => <Time at={discoveredAt} />,
  },
];

function SecretName({ secret }: { secret: Secret }) {
  const hasUsage = secret.usage !== null;
  return (
    <div className="min-w-0">
      <TextLink
        data-row-link
        href={links.secret(secret.id)}
        className={
          hasUsage ? 'block truncate font-medium' : 'block truncate font-mono text-[0.8125rem]'
        }
      >
        {secret.usage ?? secret.name}
      </TextLink>
      {hasUsage ? (
        <p className="truncate font-mono text-xs text-ink-2">{secret.guid ?? secret.name}</p>
      ) : (
        <p className="text-xs text-ink-3">usage unknown</p>
      )}
      <p className="truncate text-xs text-ink-2 sm:hidden">in {secret.guestName}</p>
    </div>
  );
}

function LastReader({ secret }: { secret: Secret }) {
  if (secret.lastReadAt === null) return <span className="text-ink-3">–</span>;
  const { lastReader } = secret;
  const who = lastReader?.exe ?? lastReader?.comm ?? 'unknown process';
  return (
    <div className="min-w-0">
      <p className="truncate font-mono text-xs" title={who}>
        {who}
      </p>
      <p className="truncate text-xs text-ink-2">
        <Time at={secret.lastReadAt} />
        {lastReader === null ? null : `, pid ${lastReader.pid}, uid ${lastReader.uid ?? '?'}`}
      </p>
    </div>
  );
}
