'use client';
import type { Overview } from '@vestige/contract';
import dynamic from 'next/dynamic';

import { Panel } from '#ui/panel.tsx';
import { ScrollRegion } from '#ui/scroll-region.tsx';

type ActivityHours = Overview['activity'];

/** What is counted in an hour, in the order in which the bars are stacked. */
export const series = [
  { key: 'discovered', name: 'Discovered', color: 'var(--bar-discovered)' },
  { key: 'reads', name: 'Reads', color: 'var(--bar-reads)' },
  { key: 'unlinks', name: 'Local unlinks', color: 'var(--bar-unlinks)' },
  { key: 'wipes', name: 'Wipes', color: 'var(--bar-wipes)' },
  { key: 'gaps', name: 'Gaps', color: 'var(--bar-gaps)' },
] as const;

const ActivityChart = dynamic(
  () => import('./activity-chart.tsx').then((module) => module.ActivityChart),
  { ssr: false, loading: () => null },
);

/** The last 24 hours as bars, and the same numbers as a table. */
export function Activity({ activity }: { activity: ActivityHours }) {
  const isQuiet = activity.every((hour) => series.every(({ key }) => hour[key] === 0));
  return (
    <Panel title="Last 24 hours" className="flex flex-col" aside={<Legend activity={activity} />}>
      <div className="relative min-h-60 flex-1" aria-hidden>
        <div className="absolute inset-0 px-2 pt-3">
          <ActivityChart activity={activity} />
        </div>
      </div>
      {isQuiet ? <p className="px-4 text-xs text-ink-2">Nothing happened.</p> : null}
      <details className="border-t">
        <summary className="min-h-9 px-4 py-2 text-xs font-medium text-ink-2 hover:text-ink">
          The same as a table
        </summary>
        <ActivityTable activity={activity} />
      </details>
    </Panel>
  );
}

function Legend({ activity }: { activity: ActivityHours }) {
  return (
    <ul className="flex flex-wrap gap-x-3 gap-y-0.5 text-xs text-ink-2">
      {series.map(({ key, name, color }) => (
        <li key={key} className="inline-flex items-center gap-1.5">
          <span aria-hidden className="size-2 rounded-xs" style={{ background: color }} />
          {name}
          <span className="font-medium text-ink tabular-nums">
            {activity.reduce((sum, hour) => sum + hour[key], 0).toLocaleString('en')}
          </span>
        </li>
      ))}
    </ul>
  );
}

function ActivityTable({ activity }: { activity: ActivityHours }) {
  return (
    <ScrollRegion label="Activity by hour" className="max-h-72 px-4 pb-3">
      <table className="w-full min-w-md text-xs">
        <caption className="sr-only">Activity of the last 24 hours, newest first</caption>
        <thead>
          <tr>
            <th scope="col" className="py-1 text-left font-medium text-ink-2">
              Hour (UTC)
            </th>
            {series.map(({ key, name }) => (
              <th key={key} scope="col" className="py-1 text-right font-medium text-ink-2">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {activity.toReversed().map((hour) => (
            <tr key={hour.hour}>
              <th scope="row" className="py-0.5 text-left font-mono font-normal">
                {hour.hour.slice(5, 16).replace('T', ' ')}
              </th>
              {series.map(({ key }) => (
                <td key={key} className="py-0.5 text-right tabular-nums">
                  {hour[key]}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
