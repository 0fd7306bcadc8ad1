import type { Target, WipeEvidence } from '@vestige/contract';
import { TriangleAlert } from 'lucide-react';

import { readerText } from '#event/event-detail.ts';
import { links } from '#links.ts';
import { absoluteTime, span } from '#time/format.ts';
import { Time } from '#time/time.tsx';
import { Facts } from '#ui/facts.tsx';
import { TextLink } from '#ui/link.tsx';

import { TargetSteps } from './target-steps.tsx';
import { targetWords, techniqueNames } from './wipe-words.ts';

/** One secret of an order: how far it came, what the guest showed for it, what that cannot promise. */
export function TargetDetail({ target, isOnly }: { target: Target; isOnly: boolean }) {
  return (
    <li className="px-4 py-3">
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-2">
        <div className="min-w-0">
          <TextLink href={links.secret(target.secret)} className="font-medium">
            {target.usage ?? target.guid ?? target.name}
          </TextLink>
          {target.usage === null ? null : (
            <p className="font-mono text-xs break-all text-ink-2">{target.guid ?? target.name}</p>
          )}
          <p className="text-xs text-ink-2">
            in <TextLink href={links.guest(target.guest)}>{target.guestName}</TextLink>,{' '}
            {target.source.kind}
          </p>
        </div>
        <div className="space-y-1 sm:text-right">
          <TargetSteps target={target} />
          <p className="text-xs text-ink-2">
            {targetWords[target.state].word}, <Time at={target.updatedAt} />
          </p>
        </div>
      </div>
      {target.evidence === null ? null : <Evidence evidence={target.evidence} isOpen={isOnly} />}
    </li>
  );
}

const results = {
  pass: 'passed',
  fail: 'failed',
  unknown: 'could not tell everything',
} as const;

const answer = (value: boolean | null) =>
  value === null ? 'cannot be told' : value ? 'yes' : 'no';

function Evidence({ evidence, isOpen }: { evidence: WipeEvidence; isOpen: boolean }) {
  return (
    <details className="mt-2 rounded-md border" open={isOpen}>
      <summary className="min-h-8 px-4 py-1.5 text-xs font-medium text-ink-2">
        Evidence: the check {results[evidence.verification.result]}
      </summary>
      <div className="border-t">
        <Facts facts={evidenceFacts(evidence)} />
        <Caveats caveats={evidence.caveats} />
      </div>
    </details>
  );
}

function evidenceFacts(evidence: WipeEvidence) {
  const { technique, filesystem, bytesOverwritten, synced, startedAt, completedAt } = evidence;
  const { nameGone, readBackZero, holders } = evidence.verification;
  return [
    ['Technique', techniqueNames[technique]],
    ['File system', filesystem],
    ['Bytes overwritten', bytesOverwritten === null ? 'by the kernel' : String(bytesOverwritten)],
    ['Synced', answer(synced)],
    ['Name is gone', answer(nameGone)],
    ['Reads back as zero', answer(readBackZero)],
    ['Still holding it open', holdersText(holders)],
    [
      'Took',
      <span key="took" title={`${absoluteTime(startedAt)} to ${absoluteTime(completedAt)}`}>
        {span(startedAt, completedAt)}
      </span>,
    ],
  ] as const;
}

function holdersText(holders: WipeEvidence['verification']['holders']): string {
  if (holders === null) return 'cannot be told';
  return holders.length === 0
    ? 'no process'
    : holders.map((holder) => readerText(holder)).join('; ');
}

function Caveats({ caveats }: { caveats: readonly string[] }) {
  if (caveats.length === 0) return null;
  return (
    <div className="flex gap-2.5 border-t px-4 py-3">
      <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
      <div>
        <p className="font-medium">What this technique cannot promise here</p>
        <ul className="mt-1 list-disc space-y-0.5 pl-4 text-ink-2">
          {caveats.map((caveat) => (
            <li key={caveat}>{caveat}</li>
          ))}
        </ul>
      </div>
    </div>
  );
}
