import type { Metadata } from 'next';

import { Prefetched } from '#api/prefetched.tsx';
import type { IdInput } from '#app/page-input.ts';
import { GuestPage } from '#guest/guest-page.tsx';
import { guestGapsQuestion, guestQuestion, guestSecretsQuestion } from '#guest/guest-questions.ts';

export const metadata: Metadata = { title: 'Guest' };

export default async function Page({ params }: IdInput) {
  const { id } = await params;
  return (
    <Prefetched
      one={(api) => [guestQuestion(id, api)]}
      lists={(api) => [guestSecretsQuestion(id, api), guestGapsQuestion(id, api)]}
    >
      <GuestPage id={id} />
    </Prefetched>
  );
}
