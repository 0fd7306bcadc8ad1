'use client';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { Target } from '@vestige/contract';
import NextLink from 'next/link';

import { links } from '#links.ts';
import { Badge } from '#ui/badge.tsx';
import { Button, buttonLook } from '#ui/button.tsx';
import { PagedList } from '#ui/paged-list.tsx';
import { ScrollRegion } from '#ui/scroll-region.tsx';
import { Shown } from '#ui/shown.tsx';

import { TargetSteps } from './target-steps.tsx';
import { targetsQuestion, wipeQuestion } from './wipe-questions.ts';
import { wipeWord } from './wipe-words.ts';

/** Follows an order that was just given, until its end or until it is closed; the order goes on without it. */
export function WipeProgress({ id, onClose }: { id: string; onClose: () => void }) {
  const wipe = useQuery(wipeQuestion(id));
  return (
    <div className="mt-3 space-y-4">
      <div aria-live="polite">
        <Shown of={wipe} rows={1}>
          {(data) => (
            <p className="flex flex-wrap items-center gap-2">
              <Badge word={wipeWord(data)} />
              <span className="text-ink-2">{wipeWord(data).meaning}</span>
            </p>
          )}
        </Shown>
      </div>
      <Targets id={id} />
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="text-xs text-ink-2">Closing this does not stop the order.</p>
        <div className="flex gap-2">
          <NextLink href={links.wipe(id)} className={buttonLook('plain')}>
            Open the order
          </NextLink>
          <Button kind="primary" onClick={onClose}>
            Close
          </Button>
        </div>
      </div>
    </div>
  );
}

function Targets({ id }: { id: string }) {
  const targets = useInfiniteQuery(targetsQuestion(id));
  return (
    <ScrollRegion label="Secrets of the order" className="max-h-72 rounded-md border">
      <PagedList of={targets} noun="secrets" empty={null}>
        {(rows: Target[]) => (
          <ul className="divide-y">
            {rows.map((target) => (
              <li key={target.secret} className="space-y-1.5 px-3 py-2.5">
                <p className="flex flex-wrap justify-between gap-x-3">
                  <span className="font-mono text-xs break-all">{target.guid ?? target.name}</span>
                  <span className="text-xs text-ink-2">{target.guestName}</span>
                </p>
                <TargetSteps target={target} />
              </li>
            ))}
          </ul>
        )}
      </PagedList>
    </ScrollRegion>
  );
}
