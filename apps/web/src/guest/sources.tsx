import type { SourceReport } from '@vestige/contract';
import { Check, PackageOpen, TriangleAlert } from 'lucide-react';

import {
  alarmingCapabilities,
  capabilityWords,
  conditionWords,
  methodWords,
  sourceNames,
} from '#source/source-words.ts';
import { Badge } from '#ui/badge.tsx';
import { Mono } from '#ui/facts.tsx';
import { Empty } from '#ui/note.tsx';
import { Panel } from '#ui/panel.tsx';

/** The places in the guest where secrets show: how they are, what they can do, how they are watched. */
export function Sources({ sources }: { sources: readonly SourceReport[] }) {
  return (
    <Panel title="Its sources">
      {sources.length === 0 ? (
        <Empty icon={PackageOpen} title="The agent has not reported a source yet" />
      ) : (
        <ul className="divide-y">
          {sources.map((report) => (
            <SourceLine key={report.source.kind + report.source.path} report={report} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function SourceLine({ report }: { report: SourceReport }) {
  const { source, condition, capabilities, method, detail } = report;
  return (
    <li className="grid gap-x-6 gap-y-2 px-4 py-3 md:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
      <div className="min-w-0">
        <h3 className="font-medium">{sourceNames[source.kind]}</h3>
        <p className="text-ink-2">
          <Mono>{source.path}</Mono>
        </p>
        <p className="mt-1.5 flex flex-wrap gap-1.5">
          <Badge word={conditionWords[condition]} />
          <Badge word={methodWords[method]} />
        </p>
      </div>
      <div className="min-w-0">
        {detail === '' ? null : <p className="mb-1.5">{detail}</p>}
        <ul className="flex flex-wrap gap-x-4 gap-y-0.5 text-ink-2">
          {capabilities.map((capability) => (
            <li key={capability} className="inline-flex items-center gap-1">
              {alarmingCapabilities.has(capability) ? (
                <TriangleAlert aria-hidden className="size-3.5 text-warn" />
              ) : (
                <Check aria-hidden className="size-3.5 text-ink-3" />
              )}
              {capabilityWords[capability]}
            </li>
          ))}
          {capabilities.length === 0 ? <li>It states no capability.</li> : null}
        </ul>
      </div>
    </li>
  );
}
