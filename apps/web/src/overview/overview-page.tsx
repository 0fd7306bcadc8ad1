'use client';
import { useQuery } from '@tanstack/react-query';
import { getOverview, type Overview } from '@vestige/contract';

import { question } from '#api/ask.ts';
import { EnrolSteps } from '#enrol/enrol-steps.tsx';
import { EventList } from '#event/event-list.tsx';
import { links } from '#links.ts';
import { TextLink } from '#ui/link.tsx';
import { PageHead, Panel } from '#ui/panel.tsx';
import { Shown } from '#ui/shown.tsx';

import { Activity } from './activity.tsx';
import { Concerns } from './concerns.tsx';
import { latestEvents } from './latest-events.ts';
import { Numbers } from './numbers.tsx';

/** The fleet at a glance: how much, what is wrong, what happened. */
export function OverviewPage() {
  const overview = useQuery(question(getOverview, {}));
  return (
    <Shown of={overview}>
      {(data) => (data.guests.total === 0 ? <EmptyFleet /> : <Fleet overview={data} />)}
    </Shown>
  );
}

function EmptyFleet() {
  return (
    <>
      <PageHead
        title="Welcome to Vestige"
        lead="No guest has been enrolled yet. Three steps bring the first one in."
      />
      <EnrolSteps />
    </>
  );
}

function Fleet({ overview }: { overview: Overview }) {
  const events = useQuery(latestEvents());
  return (
    <>
      <PageHead title="Overview" lead="Every number leads to the list behind it." />
      <div className="space-y-4">
        <Numbers overview={overview} />
        <div className="grid gap-4 xl:grid-cols-[minmax(0,5fr)_minmax(0,3fr)]">
          <Activity activity={overview.activity} />
          <Concerns overview={overview} />
        </div>
        <Panel
          title="Latest events"
          aside={
            <TextLink href={links.events()} className="text-xs">
              Whole log, {overview.position.toLocaleString('en')} events
            </TextLink>
          }
        >
          <Shown of={events}>{({ items }) => <EventList events={items} />}</Shown>
        </Panel>
      </div>
    </>
  );
}
