import type { Metadata } from 'next';

import { SetUpForm } from '#session/set-up-form.tsx';
import { Front } from '#shell/front.tsx';

export const metadata: Metadata = { title: 'Set up', referrer: 'no-referrer' };

export default function SetUpPage() {
  return (
    <Front title="Make the first admin">
      <SetUpForm />
    </Front>
  );
}
