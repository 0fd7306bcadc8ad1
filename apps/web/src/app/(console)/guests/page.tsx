import type { Metadata } from 'next';

import { Prefetched } from '#api/prefetched.tsx';
import type { SearchInput } from '#app/page-input.ts';
import { guestsQuestion } from '#guest/guest-questions.ts';
import { GuestsPage } from '#guest/guests-page.tsx';

export const metadata: Metadata = { title: 'Guests' };

export default async function Page({ searchParams }: SearchInput) {
  const { q } = await searchParams;
  return (
    <Prefetched lists={(api) => [guestsQuestion(typeof q === 'string' ? q : null, api)]}>
      <GuestsPage />
    </Prefetched>
  );
}
