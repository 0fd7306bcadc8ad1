import type { Metadata } from 'next';

import { EnrolSteps } from '#enrol/enrol-steps.tsx';
import { EnrolmentTokens } from '#enrol/enrolment-tokens.tsx';
import { PageHead } from '#ui/panel.tsx';

export const metadata: Metadata = { title: 'Enrol a guest' };

export default function Page() {
  return (
    <>
      <PageHead
        title="Enrol a guest"
        lead="A one-time token lets one agent introduce itself. Its key is made in the guest and never leaves it."
      />
      <div className="space-y-4">
        <EnrolSteps />
        <EnrolmentTokens />
      </div>
    </>
  );
}
