import { getOverview } from '@vestige/contract';
import type { Metadata } from 'next';

import { question } from '#api/ask.ts';
import { Prefetched } from '#api/prefetched.tsx';
import { latestEvents } from '#overview/latest-events.ts';
import { OverviewPage } from '#overview/overview-page.tsx';

export const metadata: Metadata = { title: 'Overview' };

export default function Page() {
  return (
    <Prefetched one={(api) => [question(getOverview, {}, api), latestEvents(api)]}>
      <OverviewPage />
    </Prefetched>
  );
}
