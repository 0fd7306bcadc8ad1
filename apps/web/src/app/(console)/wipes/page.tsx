import { WipeState } from '@vestige/contract';
import type { Metadata } from 'next';

import { Prefetched } from '#api/prefetched.tsx';
import type { SearchInput } from '#app/page-input.ts';
import { wipesQuestion } from '#wipe/wipe-questions.ts';
import { WipesPage } from '#wipe/wipes-page.tsx';

export const metadata: Metadata = { title: 'Wipes' };

export default async function Page({ searchParams }: SearchInput) {
  const state = WipeState.safeParse((await searchParams)['state']);
  return (
    <Prefetched lists={(api) => [wipesQuestion(state.success ? state.data : null, api)]}>
      <WipesPage />
    </Prefetched>
  );
}
