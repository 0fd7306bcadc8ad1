'use client';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { Target, Wipe } from '@vestige/contract';
import { ScrollText } from 'lucide-react';
import NextLink from 'next/link';

import { links } from '#links.ts';
import { Time } from '#time/time.tsx';
import { Badge } from '#ui/badge.tsx';
import { buttonLook } from '#ui/button.tsx';
import { Facts, Mono } from '#ui/facts.tsx';
import { TextLink } from '#ui/link.tsx';
import { PagedList } from '#ui/paged-list.tsx';
import { PageHead, Panel } from '#ui/panel.tsx';
import { Shown } from '#ui/shown.tsx';

import { CancelWipeButton } from './cancel-wipe-button.tsx';
import { TargetDetail } from './target-detail.tsx';
import { CountsText, requesterText } from './wipe-columns.tsx';
import { targetsQuestion, wipeQuestion } from './wipe-questions.ts';
import { wipeWord } from './wipe-words.ts';

/** One wipe order and what became of every secret in it. */
export function WipePage({ id }: { id: string }) {
  const wipe = useQuery(wipeQuestion(id));
  return <Shown of={wipe}>{(data) => <WipeDetail wipe={data} />}</Shown>;
}

function WipeDetail({ wipe }: { wipe: Wipe }) {
  const targets = useInfiniteQuery(targetsQuestion(wipe.id));
  const word = wipeWord(wipe);
  return (
    <>
      <PageHead
        over={<TextLink href={links.wipes()}>Wipes</TextLink>}
        title={wipe.reason}
        lead={
          <p aria-live="polite" className="flex flex-wrap items-center gap-2">
            <Badge word={word} />
            {word.meaning}
          </p>
        }
        actions={
          <>
            <NextLink href={links.events({ wipe: wipe.id })} className={buttonLook('plain')}>
              <ScrollText aria-hidden className="size-4" />
              Its events
            </NextLink>
            <CancelWipeButton wipe={wipe} />
          </>
        }
      />
      <div className="space-y-4">
        <Panel title="Order">
          <Facts facts={facts(wipe)} />
        </Panel>
        <Panel title="Its secrets" aside={<CountsText counts={wipe.counts} />}>
          <PagedList of={targets} noun="secrets" empty={null}>
            {(rows: Target[]) => (
              <ul className="divide-y">
                {rows.map((target) => (
                  <TargetDetail key={target.secret} target={target} isOnly={rows.length === 1} />
                ))}
              </ul>
            )}
          </PagedList>
        </Panel>
      </div>
    </>
  );
}

function facts(wipe: Wipe) {
  return [
    ['Order id', <Mono key="id">{wipe.id}</Mono>],
    ['Requested by', requesterText(wipe.requestedBy)],
    ['Requested', <Time key="at" at={wipe.requestedAt} />],
    ['Completed', wipe.completedAt === null ? 'not yet' : <Time key="end" at={wipe.completedAt} />],
    [
      'Must be done by',
      wipe.executeBefore === null ? 'no deadline' : <Time key="due" at={wipe.executeBefore} />,
    ],
    ['Ticket', wipe.ticket ?? 'none'],
  ] as const;
}
