'use client';
import { useQuery } from '@tanstack/react-query';
import { type Answer, requestWipe } from '@vestige/contract';
import { CircleSlash, Info } from 'lucide-react';

import { guestQuestion } from '#guest/guest-questions.ts';
import { secretWords } from '#secret/secret-words.ts';
import { pathTail } from '#source/source-path.tsx';
import { Time } from '#time/time.tsx';
import { Note } from '#ui/note.tsx';
import { ScrollRegion } from '#ui/scroll-region.tsx';

export type DryRun = Answer<typeof requestWipe>;

type Targets = DryRun['targets'];
type PathOf = (secret: string) => string | null;

/** What the order would wipe, what it would leave, and whose guest says nothing. */
export function WipePreview({
  dryRun: { targets, skipped },
  pathOf,
}: {
  dryRun: DryRun;
  pathOf: PathOf;
}) {
  return (
    <div className="space-y-3">
      <TargetList targets={targets} pathOf={pathOf} />
      <Unheard targets={targets} />
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

function Unheard({ targets }: { targets: Targets }) {
  const unheard = targets.filter(({ guestPresence }) => guestPresence !== 'online');
  const guests = new Map(unheard.map(({ guest, guestName }) => [guest, guestName]));
  if (guests.size === 0) return null;
  return (
    <Note tone="warn" icon={CircleSlash}>
      <ul>
        {[...guests].map(([guest, name]) => (
          <li key={guest}>
            {name}: not heard at the moment
            <LastHeardOf guest={guest} />
          </li>
        ))}
      </ul>
      <p>The order waits until the guest comes back; until then nothing is wiped there.</p>
    </Note>
  );
}

function LastHeardOf({ guest }: { guest: string }) {
  const { data } = useQuery(guestQuestion(guest));
  return data === undefined ? (
    '.'
  ) : (
    <>
      , last <Time at={data.lastSeen} />.
    </>
  );
}

const readsSeen = (reads: number) => `${reads === 1 ? '1 read' : `${reads} reads`} seen`;

function TargetList({ targets, pathOf }: { targets: Targets; pathOf: PathOf }) {
  const reads = targets.reduce((sum, target) => sum + target.reads, 0);
  return (
    <div className="rounded-md border">
      <h3 className="border-b bg-raised px-3 py-1.5 text-xs font-medium text-ink-2">
        {targets.length === 1
          ? 'This secret will be wiped'
          : `These ${targets.length} secrets will be wiped, ${readsSeen(reads)} so far`}
      </h3>
      <ScrollRegion label="Secrets to be wiped" className="max-h-44">
        <ul className="divide-y">
          {targets.map((target) => (
            <TargetLine key={target.secret} target={target} path={pathOf(target.secret)} />
          ))}
        </ul>
      </ScrollRegion>
    </div>
  );
}

function TargetLine({ target, path }: { target: Targets[number]; path: string | null }) {
  return (
    <li className="flex flex-wrap items-baseline justify-between gap-x-4 px-3 py-1.5">
      <span className="font-mono text-[0.8125rem] break-all">{target.guid ?? target.name}</span>
      <span className="text-xs text-ink-2">
        {target.guestName}, {readsSeen(target.reads)}
      </span>
      {path === null ? null : (
        <span className="w-full truncate font-mono text-xs text-ink-2" title={path}>
          {pathTail(path)}
        </span>
      )}
    </li>
  );
}
