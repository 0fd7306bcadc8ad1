'use client';
import { type Answer, requestWipe } from '@vestige/contract';
import { CircleSlash, Info } from 'lucide-react';

import { secretWords } from '#secret/secret-words.ts';
import { Note } from '#ui/note.tsx';
import { ScrollRegion } from '#ui/scroll-region.tsx';

export type DryRun = Answer<typeof requestWipe>;

/** What the order would wipe, what it would leave, and whose guest says nothing. */
export function WipePreview({ dryRun: { targets, skipped } }: { dryRun: DryRun }) {
  const unheard = targets.filter(({ guestPresence }) => guestPresence !== 'online');
  return (
    <div className="space-y-3">
      <Targets targets={targets} />
      {unheard.length === 0 ? null : (
        <Note tone="warn" icon={CircleSlash}>
          {[...new Set(unheard.map(({ guestName }) => guestName))].join(', ')}: not heard at the
          moment. The order waits until the guest comes back; until then nothing is wiped there.
        </Note>
      )}
      {skipped.length === 0 ? null : (
        <Note tone="info" icon={Info}>
          <p className="font-medium">Left out: {skipped.length}</p>
          <ul className="mt-1 max-h-28 list-disc overflow-y-auto pl-4">
            {skipped.map(({ secret, state, reason }) => (
              <li key={secret}>
                {secretWords[state].word}: {reason}
              </li>
            ))}
          </ul>
        </Note>
      )}
    </div>
  );
}

function Targets({ targets }: Pick<DryRun, 'targets'>) {
  const reads = targets.reduce((sum, target) => sum + target.reads, 0);
  return (
    <div className="rounded-md border">
      <h3 className="border-b bg-raised px-3 py-1.5 text-xs font-medium text-ink-2">
        {targets.length === 1
          ? 'This secret will be wiped'
          : `These ${targets.length} secrets will be wiped`}
        , {reads === 1 ? '1 read' : `${reads} reads`} seen so far
      </h3>
      <ScrollRegion label="Secrets to be wiped" className="max-h-44">
        <ul className="divide-y">
          {targets.map((target) => (
            <li
              key={target.secret}
              className="flex flex-wrap items-baseline justify-between gap-x-4 px-3 py-1.5"
            >
              <span className="font-mono text-[0.8125rem] break-all">
                {target.guid ?? target.name}
              </span>
              <span className="text-xs text-ink-2">
                {target.guestName}, {target.reads === 1 ? '1 read' : `${target.reads} reads`} seen
              </span>
            </li>
          ))}
        </ul>
      </ScrollRegion>
    </div>
  );
}
